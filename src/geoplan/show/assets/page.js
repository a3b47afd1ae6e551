/* The page of one city: puts the parts together, and says everything again when the language changes. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var TABS = ["overview", "layers", "time", "sources"];
  var LEGEND = 290;  // room for the legend beside the city, where there is room
  var ROOM = 64;    // pixels either way below which there is no map to look at
  var unseen = false;
  var parts = {}, names = null, zoom = null, ruler = null;

  gp.subtitle = function () {
    var day = gp.data.what_if && gp.comparing() ? null : gp.dayShown();
    return gp.t(gp.data.subtitle) + (day ? " – " + (gp.data.what_if ? "" : gp.w("seen_on") + " ") + day : "");
  };

  function layout(map) {
    var container = map.getContainer();
    parts.head = gp.make("header", "gp-head");
    parts.titles = gp.add(parts.head, "div", "gp-title");
    parts.find = gp.add(parts.head, "div", "gp-find");
    parts.find.setAttribute("role", "search");
    parts.tools = gp.add(parts.head, "div", "gp-tools");
    parts.warnings = gp.make("section", "gp-warnings");
    parts.main = gp.make("main", "gp-main");
    parts.side = gp.add(parts.main, "div", "gp-side");
    parts.tabs = gp.add(parts.side, "div", "gp-tabs");
    parts.tabs.setAttribute("role", "tablist");
    TABS.forEach(function (name) {
      var panel = parts[name] = gp.add(parts.side, "div", "gp-panel gp-" + name);
      panel.id = "gp-panel-" + name;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", "gp-tab-" + name);
      panel.tabIndex = 0;
    });
    parts.stage = gp.add(parts.main, "div", "gp-stage");
    parts.stage.appendChild(container);
    parts.day = gp.add(container, "div", "gp-daybox");
    parts.legend = gp.add(parts.stage, "details", "gp-legend");
    parts.legend.open = window.innerWidth > 760;
    parts.legendHead = gp.add(parts.legend, "summary");
    parts.legendBody = gp.add(parts.legend, "div", "gp-legend-body");
    [parts.main, parts.warnings, parts.head].forEach(function (node) {
      document.body.insertBefore(node, document.body.firstChild);
    });
    container.setAttribute("role", "application");
    gp.parts = parts;
  }

  gp.openTab = function (name, focus) {
    TABS.forEach(function (one) {
      var tab = document.getElementById("gp-tab-" + one);
      tab.setAttribute("aria-selected", String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
      parts[one].hidden = one !== name;
      if (one === name && focus) { tab.focus(); }
    });
    gp.state.tab = name;
  };

  function renderTabs() {
    parts.tabs.replaceChildren();
    parts.tabs.setAttribute("aria-label", gp.w("tabs"));
    TABS.forEach(function (name, i) {
      var tab = gp.button(parts.tabs, "gp-tab", gp.w(name === "time" && gp.data.what_if ? "what_if" : name), function () {
        gp.openTab(name);
      });
      tab.id = "gp-tab-" + name;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "gp-panel-" + name);
      tab.addEventListener("keydown", function (e) {
        var step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
        if (step) { gp.openTab(TABS[(i + step + TABS.length) % TABS.length], true); }
      });
    });
    gp.openTab(gp.state.tab || "overview");
  }

  function renderHead() {
    parts.titles.replaceChildren();
    gp.add(parts.titles, "h1", "", gp.t(gp.data.title));
    gp.add(parts.titles, "p", "gp-subtitle", gp.subtitle());
    parts.warnings.replaceChildren();
    parts.warnings.setAttribute("aria-label", gp.w("standing"));
    gp.data.warnings.forEach(function (one) { gp.add(parts.warnings, "p", "gp-standing", gp.t(one)); });
    parts.tools.replaceChildren();
    var group = gp.add(parts.tools, "div", "gp-languages");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", gp.w("language"));
    [["vi", "Tiếng Việt"], ["en", "English"]].forEach(function (pair) {
      var button = gp.button(group, "gp-language", null, function () { speak(pair[0]); });
      gp.add(button, "span", "gp-long", pair[1]);
      gp.add(button, "span", "gp-short", pair[0].toUpperCase()).setAttribute("aria-hidden", "true");
      button.setAttribute("aria-label", pair[1]);
      button.lang = pair[0];
      button.setAttribute("aria-pressed", String(pair[0] === gp.lang));
    });
    gp.button(parts.tools, "gp-print-button", gp.w("print"), function () { gp.print(); });
    document.title = gp.t(gp.data.title) + " – " + gp.subtitle();
  }

  function renderSources() {
    parts.sources.replaceChildren();
    gp.add(parts.sources, "h2", "", gp.w("sources"));
    var list = gp.add(parts.sources, "ul", "gp-sources");
    gp.data.sources.forEach(function (one) { gp.add(list, "li", "", gp.t(one)); });
  }

  /* A bar of whole metres. */
  var Metres = L.Control.Scale.extend({
    _updateMetric: function (most) {
      var metres = this._getRoundNum(most);
      this._updateScale(this._mScale, gp.number(metres) + " m", metres / most);
    },
  });

  function controls(map) {
    if (zoom) { zoom.remove(); ruler.remove(); }
    zoom = L.control.zoom({ position: "topleft", zoomInTitle: gp.w("zoom_in"), zoomOutTitle: gp.w("zoom_out") });
    zoom.addTo(map);
    var home = gp.button(zoom.getContainer(), "gp-home", "⌂", function () { gp.wholeCity(); });
    home.title = gp.w("whole_city");
    home.setAttribute("aria-label", gp.w("whole_city"));
    L.DomEvent.disableClickPropagation(home);
    ruler = new Metres({ position: "bottomleft", imperial: false, maxWidth: 160 }).addTo(map);
    map.getContainer().setAttribute("aria-label", gp.w("map_hint"));
  }

  /* In a notebook the frame may have no size yet; the city is fitted as soon as it has. */
  gp.wholeCity = function () {
    var size = gp.map.getSize();
    unseen = size.x < ROOM || size.y < ROOM;
    if (unseen) { gp.map.setView(gp.whole.getCenter(), 11, { animate: false }); return; }
    var beside = size.x > 800 && parts.legend.open && !gp.comparing() ? LEGEND : 0;
    gp.map.fitBounds(gp.whole, { paddingTopLeft: [24, 16], paddingBottomRight: [beside + 16, 16], animate: false });
  };

  /* The names on the map, with the sign of each unit's class where the classes have one. */
  function items(sight, least) {
    if (gp.state.step !== null) { return gp.timeItems(sight, least); }
    var metric = gp.metric(), found = [];
    gp.data.units.forEach(function (unit, i) {
      var bounds = gp.units.bounds[i];
      if (!gp.namable(unit.at, bounds, sight, least)) { return; }
      var band = metric.bands[metric.classes[i]];
      found.push({
        at: unit.at, name: gp.t(unit.name), bounds: bounds, span: bounds.getEast() - bounds.getWest(),
        sign: band && band.sign ? band.sign : "",
      });
    });
    return found;
  }

  /* Which date the map shows when it is not the assessment's. */
  function renderDay() {
    var day = gp.dayShown();
    parts.day.hidden = day === null;
    if (day !== null) { parts.day.textContent = gp.comparing() ? gp.w("before") + ": " + day : day; }
  }

  function renderAll() {
    document.documentElement.lang = gp.lang;
    renderHead();
    renderTabs();
    gp.renderFind(parts.find);
    gp.renderPanel(parts.overview);
    gp.renderLayers(parts.layers);
    gp.renderTime(parts.time);
    renderSources();
    renderLegend();
    renderDay();
    controls(gp.map);
  }

  function renderLegend() {
    parts.legendHead.textContent = gp.w("legend");
    gp.legend(parts.legendBody);
  }

  function speak(lang) {
    if (lang === gp.lang) { return; }
    gp.lang = lang;
    renderAll();
    gp.tell("language");
    parts.tools.querySelector("[lang=" + lang + "]").focus();
  }

  /* What others have added to the map, by the names that they gave it. */
  function foreign() {
    gp.foreign = (gp.data.foreign || []).map(function (one) {
      return { name: one.name, layer: window[one.variable] };
    }).filter(function (one) { return one.layer && one.layer.addTo; });
    if (gp.foreign.length) { gp.renderLayers(parts.layers); }
  }

  function draw(map) {
    gp.panes(map);
    gp.drawPictures(map);
    var shapes = gp.data.shapes.map(function (shape) { return gp.decode(shape, gp.data.places); });
    gp.units = gp.drawUnits(shapes, gp.metric(), gp.data.tips === false ? null : function (i) {
      return gp.t(gp.data.tips !== true ? gp.data.tips[i] : gp.metric().briefs[i]);
    });
    gp.units.bounds = gp.units.shapes.map(function (shape) { return shape.getBounds(); });
    gp.whole = gp.units.group.getBounds();
    gp.wholeCity();  // before anything is on the map: to move it then would draw everything twice
    gp.units.group.addTo(map);
    gp.drawn = gp.data.layers.map(gp.drawLayer);
    gp.drawn.forEach(function (layer) { if (layer.spec.show) { layer.group.addTo(map); } });
  }

  function listen(map) {
    map.on("click", function (e) {
      gp.choose(gp.at(e.latlng.lat, e.latlng.lng).map(function (one) { return one.id; }));
    });
    gp.on("choose", function () {
      gp.renderPanel(parts.overview);
      gp.openTab("overview");
      parts.side.scrollTop = 0;
      parts.overview.scrollTop = 0;
    });
    gp.on("metric", function () { renderLegend(); names(); });
    gp.on("layers", function () { renderLegend(); gp.renderLayers(parts.layers); });
    gp.on("date", function () { renderHead(); renderLegend(); renderDay(); names(); });
    window.addEventListener("resize", function () {
      map.invalidateSize();
      if (unseen) { gp.wholeCity(); }
    });
    gp.watchPrint();
  }

  function begin(map, data) {
    gp.data = data;
    gp.lang = data.lang;
    gp.map = map;
    map.attributionControl.remove();
    layout(map);
    renderHead();
    renderTabs();
    map.invalidateSize({ animate: false });
    draw(map);
    renderAll();
    names = gp.names(map, items);
    listen(map);
    setTimeout(foreign, 0);
    document.documentElement.setAttribute("data-geoplan", "drawn");
    return gp.read("geoplan-details");
  }

  gp.start = function (map) {
    gp.read("geoplan-data").then(function (data) { return begin(map, data); }).then(function (details) {
      gp.details = details;
      gp.renderPanel(parts.overview);
      gp.tell("details");
      gp.beginWhatIf();
      document.documentElement.setAttribute("data-geoplan", "ready");
    });
  };
})();
