/* The page of one city: colours, legend, tips and panels. Text goes in as text, never as markup. */
(function () {
  "use strict";

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text !== undefined && text !== null) { node.textContent = text; }
    return node;
  }

  /* A section of the side column with a heading. */
  function section(aside, heading, className) {
    var box = make("section", className);
    if (heading) { box.appendChild(make("h2", "", heading)); }
    aside.appendChild(box);
    return box;
  }

  /* Hatching for areas without data: a pattern that fills may refer to. */
  function addHatching() {
    var ns = "http://www.w3.org/2000/svg";
    var svg = document.createElementNS(ns, "svg");
    svg.setAttribute("width", "0");
    svg.setAttribute("height", "0");
    svg.setAttribute("aria-hidden", "true");
    svg.style.position = "absolute";
    var pattern = document.createElementNS(ns, "pattern");
    [["id", "geoplan-no-data"], ["width", "8"], ["height", "8"], ["patternUnits", "userSpaceOnUse"],
     ["patternTransform", "rotate(45)"]].forEach(function (a) { pattern.setAttribute(a[0], a[1]); });
    var ground = document.createElementNS(ns, "rect");
    [["width", "8"], ["height", "8"], ["fill", "#ffffff"]].forEach(function (a) { ground.setAttribute(a[0], a[1]); });
    var stripe = document.createElementNS(ns, "rect");
    [["width", "2"], ["height", "8"], ["fill", "#9a9a9a"]].forEach(function (a) { stripe.setAttribute(a[0], a[1]); });
    pattern.appendChild(ground);
    pattern.appendChild(stripe);
    svg.appendChild(pattern);
    document.body.appendChild(svg);
  }

  function panel(properties) {
    var box = make("div", "gp-panel");
    box.appendChild(make("h2", "", properties.title));
    if (properties.subtitle) { box.appendChild(make("p", "gp-subtitle", properties.subtitle)); }
    properties.facts.forEach(function (fact) {
      var row = make("div", "gp-fact");
      row.appendChild(make("span", "gp-label", fact[0]));
      row.appendChild(make("span", "gp-value", fact[1]));
      if (fact[2]) { row.appendChild(make("span", "gp-detail", fact[2])); }
      box.appendChild(row);
    });
    return box;
  }

  function tip(title, line) {
    var box = make("div", "gp-tip");
    box.appendChild(make("strong", "", title));
    if (line) { box.appendChild(make("div", "", line)); }
    return box;
  }

  function bind(layer, texts, brief) {
    layer.eachLayer(function (shape) {
      var properties = texts[shape.feature.id];
      shape.bindTooltip(function () { return tip(properties.title, brief(properties)); }, { sticky: true });
      shape.bindPopup(function () { return panel(properties); }, { maxWidth: 380, maxHeight: 360 });
      shape.on("popupopen", function () { shape.closeTooltip(); });
    });
  }

  function legend(box, metric, noData) {
    box.replaceChildren(make("h2", "", metric.label));
    metric.classes.forEach(function (entry) {
      var row = make("div", "gp-class");
      var swatch = make("span", "gp-swatch");
      swatch.style.background = entry[0];
      row.appendChild(swatch);
      row.appendChild(make("span", "", entry[1]));
      box.appendChild(row);
    });
    var row = make("div", "gp-class");
    row.appendChild(make("span", "gp-swatch gp-no-data"));
    row.appendChild(make("span", "", noData));
    box.appendChild(row);
  }

  function colourBy(box, config, choose) {
    var set = make("fieldset");
    set.setAttribute("aria-label", config.words.colour_by);
    config.metrics.forEach(function (metric, i) {
      var label = make("label");
      var button = make("input");
      button.type = "radio";
      button.name = "geoplan-metric";
      button.value = metric.key;
      button.checked = i === 0;
      button.addEventListener("change", function () { choose(metric); });
      label.appendChild(button);
      label.appendChild(make("span", "", metric.label));
      set.appendChild(label);
    });
    box.appendChild(set);
  }

  function title(box, config) {
    box.appendChild(make("h1", "", config.title));
    box.appendChild(make("p", "gp-subtitle", config.subtitle));
    config.warnings.forEach(function (text) { box.appendChild(make("p", "gp-standing", text)); });
    config.facts.forEach(function (text) { box.appendChild(make("p", "gp-figure", text)); });
  }

  function sources(box, config) {
    var details = make("details");
    details.appendChild(make("summary", "", config.words.sources));
    config.sources.forEach(function (text) { details.appendChild(make("p", "", text)); });
    box.appendChild(details);
  }

  /* The communes' names, each only where it has room. */
  function names(map, communes, texts) {
    map.getPane("names").style.pointerEvents = "none";
    var all = [];
    communes.eachLayer(function (shape) {
      var text = make("span", "", texts[shape.feature.id].name);
      var icon = L.divIcon({ html: text, className: "gp-name", iconSize: [0, 0] });
      L.marker(texts[shape.feature.id].at, { icon: icon, interactive: false, keyboard: false, pane: "names" }).addTo(map);
      all.push([shape, text]);
    });
    function fit() {
      all.forEach(function (pair) {
        var bounds = pair[0].getBounds();
        var a = map.latLngToLayerPoint(bounds.getNorthWest());
        var b = map.latLngToLayerPoint(bounds.getSouthEast());
        pair[1].style.visibility = b.x - a.x > 0.8 * pair[1].offsetWidth && b.y - a.y > 16 ? "" : "hidden";
      });
    }
    map.on("zoomend", fit);
    fit();
  }

  /* The layer control writes names as markup: they are built here from text. */
  function label(layerControl, layers, specs) {
    layerControl._layers.forEach(function (entry) {
      var spec = specs[layers.indexOf(entry.layer)];
      if (!spec || !spec.label) { return; }
      var mark = make("span", "gp-mark");
      mark.style.borderColor = spec.colour;
      var name = make("span", "", " " + spec.label);
      entry.name = mark.outerHTML + name.outerHTML;
    });
    layerControl._update();
  }

  window.geoplanPage = function (map, layers, layerControl) {
    var config = JSON.parse(document.getElementById("geoplan-data").textContent);
    var metric = config.metrics[0];
    var at = config.layers.findIndex(function (spec) { return spec.key === "communes"; });
    var communes = layers[at];
    var texts = config.layers[at].texts;
    var aside = make("aside", "gp-side");
    addHatching();
    label(layerControl, layers, config.layers);

    title(section(aside, null, "gp-title"), config);
    colourBy(section(aside, config.words.colour_by, "gp-colour"), config, paint);
    var key = section(aside, null, "gp-legend");
    section(aside, config.words.layers, "gp-layers").appendChild(layerControl.getContainer());
    sources(section(aside, null, "gp-sources"), config);
    document.body.insertBefore(aside, map.getContainer());

    map.attributionControl.setPrefix(false);
    L.control.zoom({ position: "topleft", zoomInTitle: config.words.zoom_in, zoomOutTitle: config.words.zoom_out })
      .addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 160 }).addTo(map);

    function paint(chosen) {
      metric = chosen;
      communes.eachLayer(function (shape) {
        shape.setStyle({ fillColor: texts[shape.feature.id].fill[metric.key] });
      });
      legend(key, metric, config.words.no_data);
    }
    paint(metric);

    layers.forEach(function (layer, i) {
      bind(layer, config.layers[i].texts, function (properties) {
        return i === at ? properties.brief[metric.key] : properties.line;
      });
    });
    communes.eachLayer(function (shape) {
      shape.on("mouseover", function () { shape.setStyle({ weight: 3.5 }); shape.bringToFront(); });
      shape.on("mouseout", function () { shape.setStyle({ weight: 1.2 }); });
    });

    map.invalidateSize({ animate: false });
    map.fitBounds(communes.getBounds(), { padding: [16, 16], animate: false });
    names(map, communes, texts);
    document.documentElement.setAttribute("data-geoplan", "ready");
  };
})();
