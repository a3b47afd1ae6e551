/* The find box: any part of a name, with or without diacritics; arrows choose, Enter goes there. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var MOST = 12;

  function entries() {
    return gp.data.search.map(function (one) {
      return { label: gp.t(one[0]), detail: gp.t(one[1]), target: one[2], names: one[3], exact: one[4], keys: one[5] };
    });
  }

  gp.renderFind = function (parent) {
    parent.replaceChildren();
    var input = gp.add(parent, "input", "gp-find-input");
    input.type = "search";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.placeholder = gp.w("find");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-label", gp.w("find.label"));
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "gp-found");
    input.setAttribute("aria-autocomplete", "list");
    var list = gp.add(parent, "ul", "gp-found");
    list.id = "gp-found";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", gp.w("find.label"));
    list.hidden = true;
    var said = gp.add(parent, "p", "gp-aloud");
    said.setAttribute("role", "status");
    var all = entries(), found = [], at = -1;

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      at = -1;
    }

    function point(to) {
      at = (to + found.length) % found.length;
      Array.prototype.forEach.call(list.children, function (node, i) {
        node.setAttribute("aria-selected", String(i === at));
        if (i === at) {
          input.setAttribute("aria-activedescendant", node.id);
          node.scrollIntoView({ block: "nearest" });
        }
      });
    }

    function go(entry) {
      close();
      gp.choose([entry.target], true);
    }

    function show() {
      found = window.geoplanSearch(all, input.value).slice(0, MOST);
      list.replaceChildren();
      close();
      var asked = Boolean(input.value.trim());
      said.textContent = asked ? (found.length ? found.length + " " + gp.w("find.count") : gp.w("find.none")) : "";
      said.className = asked && !found.length ? "gp-nothing" : "gp-aloud";
      found.forEach(function (entry, i) {
        var item = gp.add(list, "li");
        item.id = "gp-found-" + i;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        gp.add(item, "span", "gp-named", entry.label);
        gp.add(item, "span", "gp-part", entry.detail);
        item.addEventListener("mousedown", function (e) { e.preventDefault(); });
        item.addEventListener("click", function () { go(entry); });
      });
      if (found.length) {
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
      }
    }

    input.addEventListener("input", show);
    input.addEventListener("focus", function () { if (input.value) { show(); } });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (e) {
      if (e.key === "Escape") { close(); return; }
      if (list.hidden || !found.length) { if (e.key === "ArrowDown") { show(); } return; }
      if (e.key === "ArrowDown") { point(at + 1); e.preventDefault(); }
      if (e.key === "ArrowUp") { point(at < 0 ? found.length - 1 : at - 1); e.preventDefault(); }
      if (e.key === "Enter") { go(found[Math.max(at, 0)]); e.preventDefault(); }
    });
    return input;
  };
})();
