/* Layers: what the units are coloured by, what lies over them, and the legend of all that is shown. */
(function () {
  "use strict";

  var gp = window.geoplan;

  gp.metric = function () {
    return gp.state.step === null ? gp.data.metrics[gp.state.metric] : gp.timeMetric();
  };

  gp.showLayer = function (layer, on) {
    if (on) { layer.group.addTo(gp.map); } else { layer.group.remove(); }
    gp.tell("layers");
  };

  function row(parent, swatch, text, note) {
    var line = gp.add(parent, "div", "gp-class");
    swatch(line);
    var words = gp.add(line, "span", "");
    gp.add(words, "span", "", text);
    (note || []).forEach(function (one) { gp.add(words, "span", "gp-note", one); });
  }

  /* The classes of a metric, and the hatching of what is unknown. */
  gp.metricLegend = function (parent, metric) {
    gp.add(parent, "h2", "", gp.t(metric.title));
    metric.bands.forEach(function (band) {
      row(parent, function (line) { gp.swatch(line, gp.fill(band.colour, band.pattern)); },
        (band.sign ? band.sign + " " : "") + gp.t(band.label), band.note === null ? [] : [gp.t(band.note)]);
    });
    if (metric.classes.indexOf(-1) >= 0) {
      row(parent, function (line) { gp.swatch(line, gp.noData(), null, "gp-no-data"); }, gp.w("no_data"));
    }
    if (metric.note !== null) { gp.add(parent, "p", "gp-note", gp.t(metric.note)); }
  };

  gp.layerSwatch = function (parent, spec) {
    var look = spec.look;
    var svg = gp.swatch(parent, look.fill === false ? "none" : gp.fill(look.fillColor, spec.pattern, true), look.color);
    var rect = svg.firstChild;
    if (look.dashArray) { rect.setAttribute("stroke-dasharray", look.dashArray); }
    if (!spec.pattern && look.fillOpacity) { rect.setAttribute("fill-opacity", Math.max(look.fillOpacity, 0.25)); }
  };

  gp.legend = function (parent) {
    parent.replaceChildren();
    var metric = gp.add(parent, "section", "gp-legend-metric");
    gp.metricLegend(metric, gp.metric());
    gp.add(metric, "p", "gp-note", gp.t(gp.data.boundary));
    gp.drawn.forEach(function (layer) {
      if (!gp.map.hasLayer(layer.group)) { return; }
      var spec = layer.spec;
      var box = gp.add(parent, "section", "gp-legend-layer");
      box.setAttribute("data-layer", spec.key);
      var notes = [];
      if (spec.standing !== null) { notes.push(gp.t(spec.standing)); }
      if (spec.note !== null) { notes.push(gp.t(spec.note)); }
      row(box, function (line) { gp.layerSwatch(line, spec); }, gp.t(spec.title), notes);
    });
  };

  /* The tab: a choice of what colours the units, and a switch for each layer. */
  gp.renderLayers = function (parent) {
    parent.replaceChildren();
    var by = gp.add(parent, "div", "gp-colour");
    var label = gp.add(by, "label", "gp-heading", gp.w("colour_by"));
    label.htmlFor = "gp-metric";
    var select = gp.add(by, "select");
    select.id = "gp-metric";
    gp.data.metrics.forEach(function (metric, i) {
      var option = gp.add(select, "option", "", gp.t(metric.title));
      option.value = metric.key;
      option.selected = i === gp.state.metric;
    });
    select.addEventListener("change", function () { gp.colourBy(select.selectedIndex); });
    var set = gp.add(parent, "fieldset", "gp-switches");
    gp.add(set, "legend", "gp-heading", gp.w("other_layers"));
    gp.drawn.slice().reverse().forEach(function (layer) {
      if (!layer.spec.switch) { return; }
      var line = gp.add(set, "label", "gp-switch");
      var box = gp.add(line, "input");
      box.type = "checkbox";
      box.checked = gp.map.hasLayer(layer.group);
      box.addEventListener("change", function () { gp.showLayer(layer, box.checked); });
      gp.layerSwatch(line, layer.spec);
      gp.add(line, "span", "", gp.t(layer.spec.title));
    });
    (gp.foreign || []).forEach(function (one) {
      var line = gp.add(set, "label", "gp-switch");
      var box = gp.add(line, "input");
      box.type = "checkbox";
      box.checked = gp.map.hasLayer(one.layer);
      box.addEventListener("change", function () {
        if (box.checked) { one.layer.addTo(gp.map); } else { one.layer.remove(); }
      });
      gp.add(line, "span", "", one.name);
    });
    if (gp.data.pictures.tiles) {
      gp.add(parent, "p", "gp-standing", gp.w("needs_network") + " " + gp.data.pictures.tiles.hosts.join(", ") + ".");
    }
  };

  gp.colourBy = function (at) {
    gp.state.metric = at;
    if (gp.state.step !== null) { gp.endComparison(); gp.goTo(null); }
    gp.paint(gp.units, gp.metric(), gp.metric().classes);
    gp.tell("metric");
  };
})();
