/* Shapes on the map: the units and the layers over them, their patterns, names and tips, and what lies where. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var PANES = ["ground", "neighbours", "communes", "plans", "zones", "places", "outlines", "highlight", "names"];
  var MOST_NAMES = 250;
  var patterns = {};
  var defs = null;

  function define(name, ground, ink, draw) {
    var box = gp.svg("pattern", {
      id: name, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
    }, defs);
    gp.svg("rect", { width: 8, height: 8, fill: ground, "fill-opacity": ink ? 0.22 : 1 }, box);
    draw(box, ink);
  }

  var DRAWN = {
    "no-data": function (box) { gp.svg("rect", { width: 2, height: 8, fill: "#9a9a9a" }, box); },
    stripes: function (box, ink) { gp.svg("rect", { width: 2.5, height: 8, fill: ink || "rgba(0,0,0,.28)" }, box); },
    dots: function (box) { gp.svg("circle", { cx: 4, cy: 4, r: 1.3, fill: "#777777" }, box); },
    cross: function (box, ink) {
      gp.svg("rect", { width: 1.7, height: 8, fill: ink || "rgba(0,0,0,.35)" }, box);
      gp.svg("rect", { width: 8, height: 1.7, fill: ink || "rgba(0,0,0,.35)" }, box);
    },
  };

  /* A fill: a colour, or the reference to a pattern on it; `clear`: the pattern in the colour, with what
     lies under it to be seen. */
  gp.fill = function (colour, pattern, clear) {
    if (!pattern) { return colour; }
    if (!defs) {
      var svg = gp.svg("svg", { width: 0, height: 0, "aria-hidden": "true", "class": "gp-defs" }, document.body);
      defs = gp.svg("defs", {}, svg);
    }
    var name = pattern === "no-data" ? "geoplan-no-data" : "geoplan-" + pattern + "-" + colour.slice(1) + (clear ? "-clear" : "");
    if (!patterns[name]) {
      patterns[name] = true;
      define(name, colour, clear ? colour : null, DRAWN[pattern]);
    }
    return "url(#" + name + ")";
  };

  gp.noData = function () { return gp.fill("#ffffff", "no-data"); };

  /* A small picture of a fill for legends. */
  gp.swatch = function (parent, fill, stroke, className) {
    var svg = gp.svg("svg", { width: 26, height: 16, "class": "gp-swatch " + (className || ""), "aria-hidden": "true" }, parent);
    gp.svg("rect", {
      x: 1, y: 1, width: 24, height: 14, fill: fill || "none", stroke: stroke || "#777777",
      "stroke-width": stroke ? 2 : 1,
    }, svg);
    return svg;
  };

  /* Whole-number steps to rings of latitude and longitude. */
  gp.decode = function (shape, places) {
    var unit = Math.pow(10, -places);
    return shape.map(function (polygon) {
      return polygon.map(function (steps) {
        var ring = [], x = 0, y = 0;
        for (var i = 0; i < steps.length; i += 2) {
          x += steps[i];
          y += steps[i + 1];
          ring.push([y * unit, x * unit]);
        }
        return ring;
      });
    });
  };

  function inRing(ring, lat, lng) {
    var inside = false;
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      var a = ring[i], b = ring[j];
      if ((a[0] > lat) !== (b[0] > lat) && lng < (b[1] - a[1]) * (lat - a[0]) / (b[0] - a[0]) + a[1]) {
        inside = !inside;
      }
    }
    return inside;
  }

  gp.holds = function (polygons, lat, lng) {
    return polygons.some(function (rings) {
      return inRing(rings[0], lat, lng) && !rings.slice(1).some(function (ring) { return inRing(ring, lat, lng); });
    });
  };

  function tip(title, line) {
    var box = gp.make("div", "gp-tip");
    gp.add(box, "strong", "", title);
    if (line) { gp.add(box, "div", "", line); }
    return box;
  }

  gp.panes = function (map) {
    PANES.forEach(function (name, z) { map.createPane(name).style.zIndex = 401 + z; });
    map.getPane("names").style.pointerEvents = "none";
    map.getPane("highlight").style.pointerEvents = "none";
  };

  gp.bandFill = function (metric, at) {
    if (at < 0) { return gp.noData(); }
    var band = metric.bands[at];
    return gp.fill(band.colour, band.pattern);
  };

  /* The units of a map: shapes in order, painted by a metric. */
  gp.drawUnits = function (shapes, metric, brief) {
    var group = L.featureGroup();
    var base = gp.underlay() ? 0.62 : 0.92;
    var made = shapes.map(function (rings, i) {
      var shape = L.polygon(rings, {
        pane: "communes", color: gp.data.border, weight: 1.2, fillOpacity: base, smoothFactor: 0,
        fillColor: gp.bandFill(metric, metric.classes[i]),
      });
      shape.gpUnit = i;
      shape.addTo(group);
      return shape;
    });
    if (brief) {
      group.bindTooltip(function (shape) {
        var unit = gp.data.units[shape.gpUnit];
        return tip(gp.t(unit.title), brief(shape.gpUnit));
      }, { sticky: true });
    }
    group.on("mouseover", function (e) { e.layer.setStyle({ weight: 3.5 }); e.layer.bringToFront(); });
    group.on("mouseout", function (e) { e.layer.setStyle({ weight: 1.2 }); });
    return { group: group, shapes: made, rings: shapes };
  };

  gp.paint = function (drawn, metric, classes) {
    drawn.shapes.forEach(function (shape, i) {
      var fill = gp.bandFill(metric, classes[i]);
      if (shape.options.fillColor !== fill) { shape.setStyle({ fillColor: fill }); }
    });
  };

  /* A layer over or under the units. */
  gp.drawLayer = function (spec) {
    var look = Object.assign({ pane: spec.pane, smoothFactor: 0, interactive: spec.interactive }, spec.look);
    if (spec.pattern) { look.fillColor = gp.fill(spec.look.fillColor, spec.pattern, true); look.fillOpacity = 0.9; }
    var group = L.featureGroup();
    var features = spec.features.map(function (feature) {
      var rings = gp.decode(feature.shape, spec.places);
      var shape = L.polygon(rings, look);
      shape.gpFeature = feature;
      if (feature.now) { shape.addTo(group); }
      return { feature: feature, rings: rings, shape: shape, bounds: shape.getBounds() };
    });
    if (spec.interactive) {
      group.bindTooltip(function (shape) {
        return tip(gp.t(shape.gpFeature.title), gp.t(shape.gpFeature.line));
      }, { sticky: true });
    }
    return { spec: spec, group: group, features: features };
  };

  gp.underlay = function () { return Boolean(gp.data.pictures.raster || gp.data.pictures.tiles); };

  gp.drawPictures = function (map) {
    var pictures = gp.data.pictures;
    if (pictures.tiles) {
      var options = { maxZoom: 20, pane: "tilePane" };
      if (pictures.tiles.subdomains.length) { options.subdomains = pictures.tiles.subdomains; }
      L.tileLayer(pictures.tiles.url, options).addTo(map);
    }
    if (pictures.raster) { L.imageOverlay(pictures.raster.uri, pictures.raster.bounds, { pane: "ground" }).addTo(map); }
  };

  /* Everything drawn at a place, what lies on top first. */
  gp.at = function (lat, lng) {
    var found = [];
    gp.drawn.slice().reverse().forEach(function (layer) {
      if (!layer.spec.interactive || !gp.map.hasLayer(layer.group)) { return; }
      layer.features.forEach(function (one) {
        if (layer.group.hasLayer(one.shape) && one.bounds.contains([lat, lng]) && gp.holds(one.rings, lat, lng)) {
          found.push({ id: one.feature.id, layer: layer.spec });
        }
      });
    });
    var then = gp.state.step === null ? null : gp.timeUnitAt(lat, lng);
    if (then) { found.push({ id: then, layer: null }); }
    gp.units.rings.forEach(function (rings, i) {
      if (gp.state.step === null && gp.units.shapes[i].getBounds().contains([lat, lng]) && gp.holds(rings, lat, lng)) {
        found.push({ id: gp.data.units[i].id, layer: null });
      }
    });
    var under = found.filter(function (one) { return one.layer && one.layer.key === "neighbours"; });
    return found.filter(function (one) { return under.indexOf(one) < 0; }).concat(under);
  };

  /* The shape of a feature, wherever it is. */
  gp.shapeOf = function (id) {
    var at = gp.data.units.findIndex(function (unit) { return unit.id === id; });
    if (at >= 0) { return gp.units.shapes[at]; }
    for (var i = 0; i < gp.drawn.length; i += 1) {
      var one = gp.drawn[i].features.find(function (f) { return f.feature.id === id; });
      if (one) { return one.shape; }
    }
    return null;
  };

  gp.layerOf = function (id) {
    return gp.drawn.find(function (layer) {
      return layer.features.some(function (one) { return one.feature.id === id; });
    });
  };

  var marked = null;
  gp.highlight = function (id) {
    if (marked) { marked.remove(); marked = null; }
    var shape = id ? gp.shapeOf(id) : null;
    if (!shape) { return; }
    marked = L.featureGroup([
      L.polygon(shape.getLatLngs(), { pane: "highlight", color: "#ffffff", weight: 7, fill: false, interactive: false }),
      L.polygon(shape.getLatLngs(), { pane: "highlight", color: "#c1121f", weight: 3.5, fill: false, interactive: false }),
    ]).addTo(gp.map);
  };

  /* Whether a name may have room: its place is in sight, and its unit wider than so many degrees. */
  gp.namable = function (at, bounds, sight, least) {
    return at && bounds.getEast() - bounds.getWest() > least && sight.contains(at);
  };

  /* The names of the units in sight, each only where it has room, with a sign where colour alone would tell. */
  gp.names = function (map, items) {
    var shown = L.layerGroup().addTo(map);
    var ruler = document.createElement("canvas").getContext("2d");
    ruler.font = "600 12px " + getComputedStyle(document.body).fontFamily;
    function fit() {
      shown.clearLayers();
      var sight = map.getBounds(), count = 0, taken = [];
      function free(at, width) {
        var p = map.latLngToLayerPoint(at);
        var box = [p.x - width / 2, p.y - 8, p.x + width / 2, p.y + 8];
        var alone = taken.every(function (t) { return box[2] < t[0] || t[2] < box[0] || box[3] < t[1] || t[3] < box[1]; });
        if (alone) { taken.push(box); }
        return alone;
      }
      var least = 18 * (sight.getEast() - sight.getWest()) / map.getSize().x;
      items(sight, least).sort(function (a, b) { return b.span - a.span; }).forEach(function (unit) {
        if (count >= MOST_NAMES) { return; }
        var bounds = unit.bounds;
        var a = map.latLngToLayerPoint(bounds.getNorthWest()), b = map.latLngToLayerPoint(bounds.getSouthEast());
        if (b.x - a.x < 18 || b.y - a.y < 16) { return; }
        var mark = unit.sign, name = unit.name;
        var width = ruler.measureText(name).width + (mark ? 22 : 0);
        var roomy = b.x - a.x > 0.8 * width && free(unit.at, width);
        if (!roomy && (!mark || !free(unit.at, 20))) { return; }
        var text = gp.make("span");
        if (mark) { gp.add(text, "span", "gp-sign", mark); }
        if (roomy) { gp.add(text, "span", "gp-called", name); }
        count += 1;
        L.marker(unit.at, {
          icon: L.divIcon({ html: text, className: "gp-name", iconSize: [0, 0] }),
          interactive: false, keyboard: false, pane: "names",
        }).addTo(shown);
      });
    }
    map.on("moveend zoomend", fit);
    fit();
    return fit;
  };
})();
