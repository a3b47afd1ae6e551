/* The list of cities: search, sorting, links. Every text of the data goes in as text, never as markup. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var data, rows, body, count, heads = {}, choice, turn;
  var sorted = { key: null, down: false };

  function fold(text) {
    return text.toLocaleLowerCase("vi").normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");
  }

  function chips(parent, items) {
    var list = gp.add(parent, "ul", "gx-chips");
    items.forEach(function (item) { gp.add(list, "li", "gx-chip gx-" + item.tone, item.text); });
  }

  function cell(row, column) {
    var node = gp.add(row, "td", "gx-col-" + column.key);
    node.setAttribute("role", column.key === "city" ? "rowheader" : "cell");
    node.dataset.label = column.title;
    return gp.add(node, "div");
  }

  function figures(parent, items) {
    items.forEach(function (item) {
      var box = gp.add(parent, "div", "gx-item");
      gp.add(box, "span", item.known ? "gx-figure" : "gx-none", item.text);
      gp.add(box, "span", "gx-part", item.note);
      if (item.share === null) { return; }
      var bar = gp.add(box, "span", "gx-bar");
      bar.setAttribute("aria-hidden", "true");
      gp.add(bar, "span").style.width = Math.min(Math.max(item.share, 0), 100) + "%";
    });
  }

  /* What is schematic or illustrative: every page says so. */
  function standing(parent, texts) {
    if (!texts.length) { return; }
    var box = gp.add(parent, "div", "gx-standing");
    texts.forEach(function (text) { gp.add(box, "p", null, text); });
  }

  var fill = {
    city: function (parent, city) {
      gp.add(parent, "strong", null, city.title);
      city.lines.forEach(function (line) { gp.add(parent, "span", "gx-part", line); });
      city.found = gp.add(parent, "span", "gx-found");
      standing(parent, city.warnings);
    },
    classes: function (parent, city) {
      city.classes.forEach(function (one) {
        var box = gp.add(parent, "details");
        gp.add(gp.add(box, "summary"), "span", "gx-chip gx-" + one.tone, one.text);
        gp.add(box, "p", null, one.title + ": " + one.reason);
      });
      if (!city.classes.length) { gp.add(parent, "span", "gx-none", data.words.none); }
    },
    links: function (parent, city) {
      var list = gp.add(parent, "ul", "gx-links");
      city.links.forEach(function (one) {
        var link = gp.add(gp.add(list, "li"), "a", null, one.text);
        link.setAttribute("href", one.href);
        gp.add(link, "span", "gx-aloud", " – " + city.title);
      });
    }
  };
  ["candidates", "targets"].forEach(function (key) {
    fill[key] = function (parent, city) {
      if (city[key].length) { chips(parent, city[key]); } else { gp.add(parent, "span", "gx-none", data.words.none); }
    };
  });
  ["zoning", "detailed", "density"].forEach(function (key) {
    fill[key] = function (parent, city) { figures(parent, city[key]); };
  });

  function build(city) {
    var row = gp.make("tr");
    row.setAttribute("role", "row");
    data.columns.forEach(function (column) { fill[column.key](cell(row, column), city); });
    return row;
  }

  /* Where a city holds what is sought: in its own name, in that of a unit (which is then named), or nowhere. */
  function matching(city, holds) {
    if (holds(city.head)) { return { name: null }; }
    var at = city.folded.findIndex(holds);
    return at < 0 ? null : { name: city.names[at] };
  }

  /* The words as they stand together; only when no city has them so, each anywhere. */
  function search(input) {
    var wanted = fold(input.value).split(/\s+/).filter(Boolean), phrase = wanted.join(" ");
    var hits = rows.map(function (one) {
      return matching(one.city, function (text) { return text.indexOf(phrase) >= 0; });
    });
    if (!hits.some(Boolean)) {
      hits = rows.map(function (one) {
        return matching(one.city, function (text) {
          return wanted.every(function (word) { return text.indexOf(word) >= 0; });
        });
      });
    }
    rows.forEach(function (one, i) {
      one.node.hidden = !hits[i];
      one.city.found.replaceChildren();
      if (hits[i] && hits[i].name) {
        one.city.found.append(data.words.holds + " ");
        gp.add(one.city.found, "b", null, hits[i].name);
      }
    });
    var shown = hits.filter(Boolean).length;
    count.textContent = shown ? shown + "/" + rows.length + " " + data.words.cities : data.words.nothing;
  }

  function before(a, b) {
    if (typeof a === "string") { return a.localeCompare(b, "vi"); }
    return a - b;
  }

  /* What is unknown comes last in either direction; equals keep the order of the names. */
  function sort(key, down) {
    sorted = { key: key, down: down };
    rows.sort(function (one, other) {
      var a = one.city.sort[key], b = other.city.sort[key];
      if (a === null || b === null) { return (a === null ? 1 : 0) - (b === null ? 1 : 0) || one.at - other.at; }
      return (down ? -1 : 1) * before(a, b) || one.at - other.at;
    });
    rows.forEach(function (one) { body.appendChild(one.node); });
    Object.keys(heads).forEach(function (name) {
      if (name === key) { heads[name].setAttribute("aria-sort", down ? "descending" : "ascending"); }
      else { heads[name].removeAttribute("aria-sort"); }
    });
    choice.value = key;
    turn.textContent = down ? data.words.down : data.words.up;
  }

  function labelled(parent, className, text, control) {
    var box = gp.add(parent, "div", className);
    var label = gp.add(box, "label", null, text);
    label.htmlFor = control.id;
    box.appendChild(control);
    return control;
  }

  function tools(parent) {
    var bar = gp.add(parent, "div", "gx-tools");
    var input = gp.make("input");
    input.id = "gx-search";
    input.type = "search";
    input.autocomplete = "off";
    input.spellcheck = false;
    labelled(bar, "gx-search", data.words.search, input);
    input.addEventListener("input", function () { search(input); });
    input.addEventListener("keydown", function (e) {
      if (e.key === "Escape") { input.value = ""; search(input); }
    });
    choice = gp.make("select");
    choice.id = "gx-sort";
    data.criteria.forEach(function (one) { gp.add(choice, "option", null, one.title).value = one.key; });
    labelled(bar, null, data.words.sort, choice);
    choice.addEventListener("change", function () { sort(choice.value, choice.value !== "city"); });
    turn = gp.button(bar, null, "", function () { sort(sorted.key, !sorted.down); });
    count = gp.add(bar, "p", "gx-count");
    count.setAttribute("role", "status");
    return input;
  }

  function table(parent) {
    var node = gp.add(parent, "table");
    node.setAttribute("role", "table");
    gp.add(node, "caption", "gx-aloud", data.title);
    var head = gp.add(node, "thead"), row = gp.add(head, "tr");
    head.setAttribute("role", "rowgroup");
    row.setAttribute("role", "row");
    data.columns.forEach(function (column) {
      var th = gp.add(row, "th");
      th.scope = "col";
      th.setAttribute("role", "columnheader");
      if (!column.sort) { gp.add(th, "span", "gx-head", column.title); return; }
      heads[column.sort] = th;
      gp.button(th, null, column.title, function () {
        sort(column.sort, sorted.key === column.sort ? !sorted.down : column.sort !== "city");
      });
    });
    body = gp.add(node, "tbody");
    body.setAttribute("role", "rowgroup");
  }

  gp.read("geoplan-index").then(function (found) {
    data = found;
    var main = document.getElementById("gp-index");
    gp.add(main, "h1", null, data.title);
    standing(main, data.warnings);
    if (data.glance) {
      gp.add(gp.add(main, "p", "gx-glance"), "a", null, data.glance.text).setAttribute("href", data.glance.href);
    }
    var input = tools(main);
    table(main);
    rows = data.cities.map(function (city, at) {
      city.head = fold(city.head);
      city.folded = city.names.map(fold);
      return { city: city, node: build(city), at: at };
    });
    sort("city", false);
    search(input);
    document.documentElement.dataset.geoplan = "ready";
  });
})();
