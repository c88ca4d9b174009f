/* The viewer of a Focale report: three slices, a glass brain, and the map of every reader's choice.

   Plain Canvas 2D; nothing is fetched. All it shows comes from the JSON in #focale-viewer-data, which
   report/page/payload.py writes. Names in it come from files of users: they are text, never markup.

   Words: mm is a place [x, y, z] in millimetres; a view looks along one axis (its normal); a map key is
   "all", "experiment:3" or "study:2" (the map without that experiment or study, counted from 0). */
(function () {
  'use strict';

  const VIEWS = [
    { name: 'Sagittal', axis: 'x', normal: 0, across: 1, up: 2, left: 'P', right: 'A' },
    { name: 'Coronal', axis: 'y', normal: 1, across: 0, up: 2, left: 'L', right: 'R' },
    { name: 'Axial', axis: 'z', normal: 2, across: 0, up: 1, left: 'L', right: 'R' },
  ];
  const NEAR_MM = 4; // foci so near to a slice are drawn on it
  const LABEL_MM = 5; // how far from a place without a label one is looked for, as in atlases/atlas.py
  const LEFT_BACK_BOTTOM_MM = 1e-4; // where a place half way between two labels belongs, as there
  const TOUCH_PX = 9; // a point so near to the pointer is meant
  const LIGHT = { ink: '#222222', paper: '#ffffff', faint: '#5f6368', line: '#d0d4d9', accent: '#0b62a8' };

  const root = document.getElementById('focale-viewer');
  const source = document.getElementById('focale-viewer-data');
  if (!root || !source) return;
  const data = JSON.parse(source.textContent);
  const part = (name) => root.querySelector(`[data-fv="${name}"]`);
  const canvases = (name) => Array.from(part(name).querySelectorAll('canvas'));

  /* ---------------------------------------------------------------- what is shown now */

  const now = {
    mm: data.start_mm.slice(),
    map: 'all',
    threshold: data.threshold.value,
    moved: false, // whether the reader moved the threshold
    opacity: 0.9,
    listed: data.only_listed,
    foci: true,
    focus: -1, // the focus chosen with the keys of the glass brain
  };

  /* ---------------------------------------------------------------- unpacking */

  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /* Whole numbers packed by packing.py: all lowest bytes, then all second bytes, and so on. */
  async function unpack(array) {
    const planes = await inflate(array.data);
    if (array.bytes === 1) return planes;
    const n = planes.length / array.bytes;
    const numbers = array.bytes === 2 ? new Uint16Array(n) : new Uint32Array(n);
    for (let b = 0; b < array.bytes; b += 1) {
      for (let i = 0; i < n; i += 1) numbers[i] |= planes[b * n + i] << (8 * b);
    }
    return numbers;
  }

  /* ---------------------------------------------------------------- grids */

  /* Inverse of the 3 x 4 affine of a grid, as rows: mm to voxel coordinates. */
  function inverse(affine) {
    const [[a, b, c, p], [d, e, f, q], [g, h, i, r]] = affine;
    const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    const rows = [
      [e * i - f * h, c * h - b * i, b * f - c * e],
      [f * g - d * i, a * i - c * g, c * d - a * f],
      [d * h - e * g, b * g - a * h, a * e - b * d],
    ].map((row) => row.map((value) => value / det));
    return rows.map(([x, y, z]) => [x, y, z, -(x * p + y * q + z * r)]);
  }

  function apply(rows, [x, y, z]) {
    return rows.map((row) => row[0] * x + row[1] * y + row[2] * z + row[3]);
  }

  /* Nearest whole number, half to even as numpy has it, blind to the dust of the arithmetic. */
  function nearest(value) {
    const clean = Math.round(value * 1e6) / 1e6;
    const whole = Math.round(clean);
    return whole - clean === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
  }

  /* A grid, or a box of one whose first voxel is `corner` of the whole: halves are even there. */
  function grid(packed) {
    const [ni, nj, nk] = packed.shape;
    const corner = packed.corner || [0, 0, 0];
    const toVoxel = inverse(packed.affine);
    const voxel = (mm) => apply(toVoxel, mm).map((v, a) => nearest(v + corner[a]) - corner[a]);
    return {
      corner,
      voxel,
      shape: packed.shape,
      affine: packed.affine,
      toVoxel,
      /* Place of the voxel nearest to mm in the flattened volume, -1 outside. */
      at(mm) {
        const [i, j, k] = voxel(mm);
        return i < 0 || j < 0 || k < 0 || i >= ni || j >= nj || k >= nk ? -1 : (i * nj + j) * nk + k;
      },
      /* Centre of the voxel nearest to mm, inside the volume or not. */
      snap(mm) {
        return apply(packed.affine, voxel(mm)).map((v) => Math.round(v * 100) / 100 + 0);
      },
      /* Lengths of the edges of a voxel. */
      edges: [0, 1, 2].map((c) => Math.hypot(...packed.affine.map((row) => row[c]))),
    };
  }

  const picture = grid(data.picture);
  const mapGrid = grid(data.map);
  const maskGrid = grid(data.inside);
  const finest = Math.min(...mapGrid.edges);

  /* ---------------------------------------------------------------- maps */

  /* The numbers of a page: L and l in steps, of the voxels worth showing (shown_maps.py). */
  const shown = {
    places: null, // of those voxels in the grid of the map
    logSum: null, // L of each
    own: new Map(), // l of each, by experiment, unpacked when first asked for
    volume: null, // L, or L - l, over the grid
    full: null, // L over the grid
    kept: null, // whether a voxel of the grid is one of those
    labels: null, // number of the cluster, over the grid
  };
  let bits = null; // which voxels of the whole grid are in the mask
  let shades = null;
  let numbers = null; // of labels

  /* The statistic of a sum of steps, and back: a probability 1 - exp(-L), or the sum itself. */
  const isSum = data.map.kind === 'sum';
  const toValue = (steps) => (isSum ? steps * data.map.step : -Math.expm1(-steps * data.map.step));
  const toSteps = (value) => (isSum ? value : -Math.log1p(-value)) / data.map.step;

  /* A value as it is printed; a count has no more decimals than it needs. */
  const { statistic, decimals } = data.words;
  const valueWords = (value) => (decimals === null ? String(Number(value.toFixed(2))) : value.toFixed(decimals));

  function membersOf(key) {
    if (key === 'all') return [];
    const [kind, number] = key.split(':');
    const i = Number(number);
    if (kind === 'experiment') return [i];
    return data.study_of_experiment.flatMap((study, e) => (study === i ? [e] : []));
  }

  /* One name for one map: a study of one experiment is that experiment. Null if there is no such map. */
  function canonical(key) {
    const match = /^(all|(experiment|study):(\d+))$/.exec(key);
    if (!match) return null;
    if (match[1] === 'all') return 'all';
    const i = Number(match[3]);
    if (i >= (match[2] === 'study' ? data.studies : data.experiments).length) return null;
    const members = membersOf(key);
    return match[2] === 'study' && members.length === 1 ? `experiment:${members[0]}` : key;
  }

  function leftOut(key) {
    if (key === 'all') return '';
    const [kind, number] = key.split(':');
    return (kind === 'study' ? data.studies : data.experiments)[Number(number)];
  }

  /* l of one experiment, unpacked when it is first asked for. */
  function own(i) {
    if (!shown.own.has(i)) shown.own.set(i, unpack(data.map.own[i]));
    return shown.own.get(i);
  }

  let asked = 0; // the latest request wins

  async function showMap(wanted) {
    const key = canonical(String(wanted));
    if (key === null) throw new RangeError(`no map is called ${wanted}`);
    if (!shown.logSum) return;
    say('');
    if (key !== 'all' && !data.map.own) {
      say('There are too many experiments for the maps without each of them to fit into this file.');
      return;
    }
    const request = (asked += 1);
    const gone = await Promise.all(membersOf(key).map(own));
    if (request !== asked) return;
    const { places, logSum, volume } = shown;
    for (let v = 0; v < places.length; v += 1) {
      let steps = logSum[v];
      for (const l of gone) steps -= l[v];
      volume[places[v]] = steps > 0 ? steps : 0; // below 0 by rounding alone
    }
    now.map = key;
    part('map').value = key;
    refresh({ slices: [0, 1, 2], table: true });
  }

  function valueAt(mm) {
    const place = mapGrid.at(mm);
    return place < 0 ? 0 : toValue(shown.volume[place]);
  }

  function isInside(mm) {
    const place = maskGrid.at(mm);
    return place >= 0 && ((bits[place >> 3] >> (7 - (place & 7))) & 1) === 1;
  }

  /* ---------------------------------------------------------------- labels */

  function labelAt(mm) {
    if (!data.atlas) return null;
    const [ni, nj, nk] = picture.shape;
    const towards = mm.map((v) => v - LEFT_BACK_BOTTOM_MM);
    const here = picture.at(towards);
    const own = here < 0 ? 0 : numbers[here];
    if (own) return data.atlas.labels[own - 1];
    const centre = picture.voxel(towards);
    let best = null;
    for (let i = Math.max(0, centre[0] - 3); i <= Math.min(ni - 1, centre[0] + 3); i += 1) {
      for (let j = Math.max(0, centre[1] - 3); j <= Math.min(nj - 1, centre[1] + 3); j += 1) {
        for (let k = Math.max(0, centre[2] - 3); k <= Math.min(nk - 1, centre[2] + 3); k += 1) {
          const number = numbers[(i * nj + j) * nk + k];
          if (!number) continue;
          const [x, y, z] = apply(picture.affine, [i, j, k]);
          const away = Math.round(Math.hypot(x - mm[0], y - mm[1], z - mm[2]) * 1e6) / 1e6;
          if (away > LABEL_MM) continue;
          if (!best || away < best.away || (away === best.away && number < best.number)) best = { number, away };
        }
      }
    }
    return best ? `${data.atlas.labels[best.number - 1]} (${best.away.toFixed(1)} mm away)` : 'unlabelled';
  }

  /* ---------------------------------------------------------------- colours */

  let palette = LIGHT;
  let printing = false;

  function readPalette() {
    const style = getComputedStyle(root);
    const given = (name) => style.getPropertyValue(`--fv-${name}`).trim() || LIGHT[name];
    palette = printing ? LIGHT : Object.fromEntries(Object.keys(LIGHT).map((name) => [name, given(name)]));
  }

  let colours = null; // 256 colours of the statistic, red green blue
  const lookup = new Uint32Array(65536); // colour of every number of steps, as little-endian RGBA

  const shortNumber = (value) => String(Number(value.toPrecision(3)));
  const scaleLow = () => Math.min(now.threshold, data.threshold.value);

  function colourOf(value) {
    const low = scaleLow();
    const share = data.map.max > low ? (value - low) / (data.map.max - low) : 1;
    return 3 * Math.max(0, Math.min(255, Math.floor(share * 256)));
  }

  function fillLookup() {
    const alpha = Math.round(now.opacity * 255) << 24;
    const last = Math.min(65535, Math.ceil(toSteps(data.map.max)) + 1);
    const first = Math.floor(toSteps(now.threshold)) + 1;
    lookup.fill(0, 0, Math.min(first, 65536));
    for (let steps = first; steps <= last; steps += 1) {
      const c = colourOf(toValue(steps));
      lookup[steps] = (alpha | (colours[c + 2] << 16) | (colours[c + 1] << 8) | colours[c]) >>> 0;
    }
  }

  function drawBar() {
    const canvas = part('bar');
    const context = canvas.getContext('2d');
    const image = context.createImageData(256, 1);
    const low = scaleLow();
    for (let i = 0; i < 256; i += 1) {
      const value = low + ((i + 0.5) / 256) * (data.map.max - low);
      const c = colourOf(value);
      image.data.set([colours[c], colours[c + 1], colours[c + 2], value > now.threshold ? 255 : 0], 4 * i);
    }
    context.putImageData(image, 0, 0);
    const ticks = [0, 1, 2, 3].map((i) => shortNumber(low + (i / 3) * (data.map.max - low)));
    part('bar-numbers').replaceChildren(...ticks.map((tick) => element('span', tick)));
    canvas.setAttribute('aria-label', `Colours of ${statistic} from ${ticks[0]}, dark, to ${ticks[3]}, bright`);
  }

  /* ---------------------------------------------------------------- marks of foci */

  const foci = data.experiment_of_focus.map((experiment, i) => ({
    mm: data.foci_mm.slice(3 * i, 3 * i + 3),
    experiment,
    study: data.study_of_experiment[experiment],
  }));

  /* The shapes of plotting/foci.py, around a middle, with a radius. */
  function shapePath(shape, x, y, r) {
    const path = new Path2D();
    const polygon = (points) => {
      points.forEach(([px, py]) => path.lineTo(x + r * px, y + r * py)); // the first one only moves
      path.closePath();
    };
    const turn = (n, radius, from = -Math.PI / 2) =>
      Array.from({ length: n }, (_, i) => {
        const angle = from + (2 * Math.PI * i) / n;
        const length = typeof radius === 'number' ? radius : radius[i % 2];
        return [length * Math.cos(angle), length * Math.sin(angle)];
      });
    const plus = [[-0.4, -1], [0.4, -1], [0.4, -0.4], [1, -0.4], [1, 0.4], [0.4, 0.4], [0.4, 1], [-0.4, 1],
      [-0.4, 0.4], [-1, 0.4], [-1, -0.4], [-0.4, -0.4]];
    if (shape === 's') polygon([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]);
    else if (shape === '^') polygon(turn(3, 1.15));
    else if (shape === 'v') polygon(turn(3, 1.15, Math.PI / 2));
    else if (shape === 'D') polygon(turn(4, 1.15));
    else if (shape === 'P') polygon(plus);
    else if (shape === 'X') polygon(plus.map(([a, b]) => [(a - b) * 0.75, (a + b) * 0.75]));
    else if (shape === '*') polygon(turn(10, [1.3, 0.55]));
    else path.arc(x, y, r, 0, 2 * Math.PI);
    return path;
  }

  const lightness = (colour) =>
    [0.3, 0.59, 0.11].reduce((sum, weight, i) => sum + weight * parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16), 0) / 255;

  function drawMark(context, study, x, y, r) {
    const [given, shape, hollow] = data.markers[study];
    const isDark = /^#[0-9a-f]{6}$/i.test(palette.paper) && lightness(palette.paper) < 0.5;
    const colour = isDark && lightness(given) < 0.3 ? '#c9c9c9' : given;
    const path = shapePath(shape, x, y, r);
    context.lineJoin = 'round';
    if (hollow) {
      context.fillStyle = palette.paper;
      context.fill(path);
      context.strokeStyle = colour;
      context.lineWidth = r * 0.45;
    } else {
      context.fillStyle = colour;
      context.fill(path);
      context.strokeStyle = palette.paper;
      context.lineWidth = r * 0.25;
    }
    context.stroke(path);
  }

  /* ---------------------------------------------------------------- canvases */

  const [low, high] = [data.view_mm.map((ends) => ends[0]), data.view_mm.map((ends) => ends[1])];
  const ratio = () => window.devicePixelRatio || 1;

  /* A canvas as large as it looks, and how mm become its pixels. */
  function stage(canvas, view) {
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio()));
    const scale = width / (high[view.across] - low[view.across]);
    const height = Math.max(1, Math.round(scale * (high[view.up] - low[view.up])));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    return {
      canvas,
      context: canvas.getContext('2d'),
      scale,
      x: (mm) => (mm[view.across] - low[view.across]) * scale,
      y: (mm) => (high[view.up] - mm[view.up]) * scale,
    };
  }

  function layout() {
    const wide = VIEWS.map((view) => high[view.across] - low[view.across]);
    const widest = Math.max(...wide);
    for (const name of ['slices', 'glass']) {
      part(name).style.setProperty('--fv-columns', wide.map((mm) => `minmax(0, ${mm}fr)`).join(' '));
      canvases(name).forEach((canvas, i) => {
        canvas.style.setProperty('--fv-share', `${(100 * wide[i]) / widest}%`);
        canvas.style.aspectRatio = `${wide[i]} / ${high[VIEWS[i].up] - low[VIEWS[i].up]}`;
      });
    }
  }

  function letters(stage_, view, words) {
    const { context, canvas } = stage_;
    const size = parseFloat(getComputedStyle(root).fontSize) * 0.85 * ratio();
    const pad = size * 0.35;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.fillStyle = palette.ink;
    context.strokeStyle = palette.paper;
    context.lineWidth = size * 0.25;
    context.lineJoin = 'round';
    const write = (text, x, y, align, base) => {
      context.textAlign = align;
      context.textBaseline = base;
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    };
    write(view.left, pad, pad, 'left', 'top');
    write(view.right, canvas.width - pad, pad, 'right', 'top');
    context.font = `${size}px system-ui, sans-serif`;
    if (words) write(words, pad, canvas.height - pad, 'left', 'bottom');
  }

  /* ---------------------------------------------------------------- slices */

  /* Shade of the picture to grey on screen: darker, so that the map and the points stand out. */
  const TONE = Uint8Array.from({ length: 256 }, (_, shade) => {
    const share = Math.min(1, Math.max(0, (shade - 12) / 235));
    return Math.round(225 * share ** 1.25);
  });

  const sheets = VIEWS.map(() => ({ picture: null, map: null, at: null }));

  function blank(width, height) {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    const image = context.createImageData(width, height);
    return { canvas, context, image, pixels: new Uint32Array(image.data.buffer) };
  }

  /* One slice of the picture, a pixel a voxel, up is up. At the border a pixel is as solid as its
     neighbourhood is full, so that the brain ends in a line and not in stairs. */
  function pictureSheet(view, sheet) {
    const n = picture.shape;
    const at = picture.voxel(now.mm)[view.normal];
    const [width, height] = [n[view.across] + 2, n[view.up] + 2];
    sheet.picture = sheet.picture || blank(width, height);
    if (sheet.at === at) return;
    sheet.at = at;
    const tones = new Uint8Array(width * height);
    if (at >= 0 && at < n[view.normal]) {
      const stride = [n[1] * n[2], n[2], 1];
      for (let v = 0; v < n[view.up]; v += 1) {
        const row = at * stride[view.normal] + (n[view.up] - 1 - v) * stride[view.up];
        for (let u = 0; u < n[view.across]; u += 1) {
          tones[(v + 1) * width + u + 1] = shades[row + u * stride[view.across]];
        }
      }
    }
    const { pixels, image, context } = sheet.picture;
    pixels.fill(0);
    for (let v = 1; v < height - 1; v += 1) {
      for (let u = 1; u < width - 1; u += 1) {
        let [full, sum] = [0, 0];
        for (let p = (v - 1) * width + u - 1; p <= (v + 1) * width + u - 1; p += width) {
          for (let q = p; q < p + 3; q += 1) {
            if (tones[q]) full += 1;
            sum += tones[q];
          }
        }
        if (!full) continue;
        const own = tones[v * width + u];
        const tone = TONE[own || Math.round(sum / full)];
        const alpha = Math.min(255, Math.max(0, (full - 2) * 51));
        pixels[v * width + u] = ((alpha << 24) | (tone * 0x010101)) >>> 0;
      }
    }
    context.putImageData(image, 0, 0);
  }

  /* Pixels of the map in a view: as fine as its voxels, and on them where the axes agree. */
  const rasters = VIEWS.map((view) => {
    const origin = mapGrid.snap(now.mm);
    const size = (axis) => {
      const along = data.map.affine[axis].slice(0, 3).map(Math.abs);
      const longest = Math.max(...along);
      return along.filter((v) => v > 1e-6).length === 1 ? longest : finest;
    };
    const one = (axis) => {
      const edge = Math.max(size(axis), 0.5);
      const first = origin[axis] - edge * Math.ceil((origin[axis] - low[axis]) / edge);
      return { edge, first, n: Math.ceil((high[axis] - first) / edge) + 1 };
    };
    return { across: one(view.across), up: one(view.up) };
  });

  function mapSheet(view, raster, sheet) {
    const { across, up } = raster;
    sheet.map = sheet.map || blank(across.n, up.n);
    const { pixels, image, context } = sheet.map;
    const [ni, nj, nk] = mapGrid.shape;
    const start = now.mm.slice();
    start[view.across] = across.first;
    start[view.up] = up.first + up.edge * (up.n - 1);
    const [ci, cj, ck] = mapGrid.corner;
    const origin = apply(mapGrid.toVoxel, start).map((v, a) => v + mapGrid.corner[a]);
    const du = mapGrid.toVoxel.map((row) => row[view.across] * across.edge);
    const dv = mapGrid.toVoxel.map((row) => -row[view.up] * up.edge);
    const { volume, labels } = shown;
    const onlyListed = now.listed;
    for (let v = 0; v < up.n; v += 1) {
      for (let u = 0; u < across.n; u += 1) {
        const i = nearest(origin[0] + u * du[0] + v * dv[0]) - ci;
        const j = nearest(origin[1] + u * du[1] + v * dv[1]) - cj;
        const k = nearest(origin[2] + u * du[2] + v * dv[2]) - ck;
        let colour = 0;
        if (i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk) {
          const place = (i * nj + j) * nk + k;
          if (!onlyListed || labels[place]) colour = lookup[volume[place]];
        }
        pixels[v * across.n + u] = colour;
      }
    }
    context.putImageData(image, 0, 0);
  }

  const drawnFoci = [[], [], []]; // x, y in pixels of the page, and the focus, for hover

  function drawSlice(number) {
    const view = VIEWS[number];
    const canvas = canvases('slices')[number];
    const sheet = sheets[number];
    const on = stage(canvas, view);
    const { context, scale } = on;
    context.clearRect(0, 0, canvas.width, canvas.height);

    pictureSheet(view, sheet);
    const corner = picture.affine.map((row) => row[3]);
    const edge = picture.edges;
    const paint = (sheetCanvas, first, lastUp, edgeAcross, edgeUp) =>
      context.drawImage(
        sheetCanvas,
        (first - edgeAcross / 2 - low[view.across]) * scale,
        (high[view.up] - lastUp - edgeUp / 2) * scale,
        sheetCanvas.width * edgeAcross * scale,
        sheetCanvas.height * edgeUp * scale,
      );
    context.imageSmoothingEnabled = true;
    const [across, up] = [view.across, view.up]; // the sheet has a margin of one voxel
    paint(sheet.picture.canvas, corner[across] - edge[across], corner[up] + edge[up] * picture.shape[up],
      edge[across], edge[up]);

    const raster = rasters[number];
    mapSheet(view, raster, sheet);
    context.imageSmoothingEnabled = false; // voxels as they are
    paint(sheet.map.canvas, raster.across.first, raster.up.first + raster.up.edge * (raster.up.n - 1),
      raster.across.edge, raster.up.edge);

    drawCross(on, view);
    drawnFoci[number].length = 0;
    const isNear = (focus) => Math.abs(focus.mm[view.normal] - now.mm[view.normal]) <= NEAR_MM;
    if (now.foci) drawFoci(on, view, drawnFoci[number], isNear);
    const where = `${view.axis} = ${mmText(now.mm[view.normal])} mm`;
    letters(on, view, where);
    canvas.setAttribute('aria-label', `${view.name} slice at ${where}`);
  }

  function drawCross(on, view) {
    const { context, canvas } = on;
    const [x, y] = [on.x(now.mm), on.y(now.mm)].map((v) => Math.floor(v) + 0.5); // sharp lines
    const gap = 6 * ratio();
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, y - gap);
    context.moveTo(x, y + gap);
    context.lineTo(x, canvas.height);
    context.moveTo(0, y);
    context.lineTo(x - gap, y);
    context.moveTo(x + gap, y);
    context.lineTo(canvas.width, y);
    context.strokeStyle = palette.paper;
    context.globalAlpha = 0.6;
    context.lineWidth = 3 * ratio();
    context.stroke();
    context.globalAlpha = 1;
    context.strokeStyle = palette.accent;
    context.lineWidth = ratio();
    context.stroke();
  }

  function drawFoci(on, view, drawn, isShown) {
    const gone = new Set(membersOf(now.map));
    const many = foci.length > 1500 ? 0.6 : foci.length > 400 ? 0.8 : 1;
    const r = Math.max(2.2, Math.min(3.6, (on.scale * 1.6) / ratio())) * ratio() * many;
    foci.forEach((focus, i) => {
      if (!isShown(focus)) return;
      const x = Math.max(r, Math.min(on.canvas.width - r, on.x(focus.mm)));
      const y = Math.max(r, Math.min(on.canvas.height - r, on.y(focus.mm)));
      on.context.globalAlpha = gone.has(focus.experiment) ? 0.3 : 1;
      drawMark(on.context, focus.study, x, y, r);
      drawn.push({ x: x / ratio(), y: y / ratio(), i });
    });
    on.context.globalAlpha = 1;
  }

  /* ---------------------------------------------------------------- glass brain */

  const drawnGlass = [[], [], []];
  const glassSheets = [null, null, null]; // all but the cross, which moves

  function drawGlass(number, anew) {
    const view = VIEWS[number];
    const on = stage(canvases('glass')[number], view);
    const { context, canvas } = on;
    if (anew || !glassSheets[number]) {
      context.clearRect(0, 0, canvas.width, canvas.height);
      drawOutline(on, number);
      drawnGlass[number].length = 0;
      drawFoci(on, view, drawnGlass[number], () => true);
      letters(on, view, '');
      const copy = document.createElement('canvas');
      copy.width = canvas.width;
      copy.height = canvas.height;
      copy.getContext('2d').drawImage(canvas, 0, 0);
      glassSheets[number] = copy;
    }
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(glassSheets[number], 0, 0);
    drawCross(on, view);
    canvas.setAttribute('aria-label', `${view.name} view of all ${foci.length} coordinates`);
  }

  function drawOutline(on, number) {
    const { context } = on;
    context.beginPath();
    for (const line of data.outline_mm[number]) {
      for (let i = 0; i < line.length; i += 2) {
        const x = (line[i] - low[VIEWS[number].across]) * on.scale;
        const y = (high[VIEWS[number].up] - line[i + 1]) * on.scale;
        if (i) context.lineTo(x, y);
        else context.moveTo(x, y);
      }
    }
    context.fillStyle = palette.faint;
    context.globalAlpha = 0.08;
    context.fill('evenodd');
    context.globalAlpha = 1;
    context.strokeStyle = palette.faint;
    context.lineWidth = 1.2 * ratio();
    context.stroke();
  }

  /* ---------------------------------------------------------------- words */

  const mmText = (v) => String(Math.round(v * 10) / 10 + 0);
  const placeText = (mm) => `(${mm.map(mmText).join(', ')})`;

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  /* A name that comes from a file: text, and of its own direction. */
  const nameText = (name) => element('bdi', name, { dir: 'auto' });

  function say(text) {
    part('message').textContent = text;
    part('message').hidden = !text;
  }

  function valueText() {
    if (!isInside(now.mm)) return 'outside the mask';
    const place = mapGrid.at(now.mm);
    if (place < 0 || !shown.kept[place]) return `${statistic} below ${valueWords(data.map.lowest)}`;
    const full = `${statistic} ${valueWords(toValue(shown.full[place]))}`;
    return now.map === 'all' ? full : `${full}, without it ${valueWords(valueAt(now.mm))}`;
  }

  function meaningText() {
    const words = data.threshold;
    const which = (now.listed ? 'listed' : 'any') + (now.map === 'all' ? '' : '_without');
    if (!now.moved) return words[which];
    const where = now.listed ? `, ${words.clusters}` : '';
    return `your threshold, display only: ${statistic} > ${valueWords(now.threshold)}${where}`;
  }

  function focusWords(focus) {
    return [
      nameText(data.studies[focus.study]), ', experiment ', nameText(data.contrasts[focus.experiment]),
      ' ', element('span', placeText(focus.mm)),
    ];
  }

  function writeWords() {
    const [x, y, z] = now.mm.map(mmText);
    const words = [element('b', `x = ${x}, y = ${y}, z = ${z} mm`), ` \u00b7 ${valueText()}`];
    const label = labelAt(now.mm);
    if (label) words.push(' \u00b7 ', nameText(label), ' [', nameText(data.atlas.title), ']');
    const near = foci
      .map((focus) => ({ focus, away: Math.hypot(...focus.mm.map((v, a) => v - now.mm[a])) }))
      .filter(({ away }) => away <= NEAR_MM)
      .sort((a, b) => a.away - b.away);
    if (near.length) {
      const count = near.length === 1 ? '1 focus' : `${near.length} foci`;
      words.push(element('br', ''), `${count} within ${NEAR_MM} mm: `);
      near.slice(0, 3).forEach(({ focus }, i) => words.push(...(i ? ['; '] : []), ...focusWords(focus)));
      if (near.length > 3) words.push(`; and ${near.length - 3} more`);
    }
    part('readout').replaceChildren(...words);
  }

  function writeMeaning() {
    const name = leftOut(now.map);
    part('name').textContent = name ? `Without ${name}` : 'All experiments';
    part('meaning').textContent = meaningText();
    part('reset').hidden = !now.moved;
    part('threshold-number').textContent = valueWords(now.threshold);
    part('threshold').setAttribute('aria-valuetext', `${statistic} ${valueWords(now.threshold)}`);
    part('opacity').setAttribute('aria-valuetext', `${Math.round(now.opacity * 100)} %`);
  }

  /* ---------------------------------------------------------------- drawing when there is time */

  const dirty = { slices: new Set(), cross: false, glass: false, waiting: false };

  /* What changed: numbers of slices, points of the glass brain, the table of colours. Words follow at once. */
  function refresh({ slices = [], glass = false, table = false }) {
    if (!shown.logSum) return;
    if (table) {
      fillLookup();
      drawBar();
      dirty.glass = true;
    }
    slices.forEach((number) => dirty.slices.add(number));
    dirty.cross = true;
    dirty.glass = dirty.glass || glass;
    writeWords();
    writeMeaning();
    markShown();
    if (!dirty.waiting) {
      dirty.waiting = true;
      requestAnimationFrame(paintAll);
    }
  }

  function paintAll() {
    dirty.waiting = false;
    for (const number of dirty.slices) drawSlice(number);
    dirty.slices.clear();
    if (dirty.cross || dirty.glass) VIEWS.forEach((_, number) => drawGlass(number, dirty.glass));
    dirty.cross = false;
    dirty.glass = false;
  }

  function paintAnew() {
    readPalette();
    drawLegend();
    if (!shown.logSum) {
      VIEWS.forEach((_, number) => drawGlass(number, true));
      return;
    }
    VIEWS.forEach((_, number) => dirty.slices.add(number));
    dirty.cross = true;
    dirty.glass = true;
    paintAll();
  }

  /* ---------------------------------------------------------------- moving */

  function moveTo(mm) {
    const place = Array.from(mm, Number);
    if (place.length !== 3 || !place.every(Number.isFinite)) throw new RangeError(`not a place in mm: ${mm}`);
    now.mm = place;
    refresh({ slices: [0, 1, 2] });
  }

  function follow(canvas, view, event) {
    const box = canvas.getBoundingClientRect();
    const mm = now.mm.slice();
    const { across, up } = view;
    mm[across] = low[across] + ((event.clientX - box.left) / box.width) * (high[across] - low[across]);
    mm[up] = high[up] - ((event.clientY - box.top) / box.height) * (high[up] - low[up]);
    const snapped = mapGrid.snap(mm);
    snapped[view.normal] = now.mm[view.normal]; // a click moves within its slice
    moveTo(snapped);
  }

  const step = [0, 1, 2].map((axis) => rasters[axis === 0 ? 1 : 0][axis === 2 ? 'up' : 'across'].edge);

  function keyOnSlice(view, event) {
    const moves = {
      ArrowLeft: [view.across, -1], ArrowRight: [view.across, 1], ArrowUp: [view.up, 1], ArrowDown: [view.up, -1],
      PageUp: [view.normal, 1], PageDown: [view.normal, -1],
    };
    const move = moves[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const mm = now.mm.slice();
    const [axis, by] = move;
    const to = mm[axis] + by * step[axis] * (event.shiftKey ? 5 : 1);
    mm[axis] = Math.max(low[axis], Math.min(high[axis], to));
    moveTo(mm);
  }

  function keyOnGlass(event) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by || !foci.length || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    now.focus = (now.focus + by + foci.length) % foci.length;
    moveTo(foci[now.focus].mm);
  }

  function nearestDrawn(drawn, canvas, event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null;
    for (const mark of drawn) {
      const away = Math.hypot(mark.x - x, mark.y - y);
      if (away <= TOUCH_PX && (!best || away < best.away)) best = { mark, away };
    }
    return best && best.mark;
  }

  function hover(drawn, canvas, event) {
    const tip = part('tip');
    const mark = nearestDrawn(drawn, canvas, event);
    tip.hidden = !mark;
    if (!mark) return;
    const focus = foci[mark.i];
    const line = (...words) => {
      const made = document.createElement('div');
      made.append(...words);
      return made;
    };
    tip.replaceChildren(
      line(nameText(data.studies[focus.study])),
      line('experiment ', nameText(data.contrasts[focus.experiment])),
      line(`${placeText(focus.mm)} mm`),
    );
    const home = root.getBoundingClientRect();
    const width = tip.offsetWidth;
    const x = Math.min(event.clientX - home.left + 12, home.width - width - 4);
    tip.style.left = `${Math.max(0, x)}px`;
    tip.style.top = `${event.clientY - home.top + 14}px`;
  }

  /* ---------------------------------------------------------------- what the page offers to click */

  const SHOWN = 'focale-shown';
  let offers = null; // by what they show
  let marked = [];

  const placeKey = (mm) => mm.map(mmText).join(' ');

  const placeOf = (offer) => offer.dataset.mm.trim().split(/\s+/).map(Number);

  function offerKey(offer) {
    const mm = offer.dataset.mm === undefined ? '' : placeKey(placeOf(offer));
    const map = offer.dataset.map === undefined ? '' : canonical(offer.dataset.map);
    return `${mm}|${map}`;
  }

  function markShown() {
    if (!offers) {
      offers = new Map();
      for (const offer of document.querySelectorAll('[data-mm], [data-map]')) {
        const key = offerKey(offer);
        offers.set(key, [...(offers.get(key) || []), offer]);
      }
    }
    const mm = placeKey(now.mm);
    const current = [`${mm}|`, `|${now.map}`, `${mm}|${now.map}`].flatMap((key) => offers.get(key) || []);
    for (const offer of marked) {
      offer.classList.remove(SHOWN);
      offer.removeAttribute('aria-current');
    }
    for (const offer of current) {
      offer.classList.add(SHOWN);
      offer.setAttribute('aria-current', 'true');
    }
    marked = current;
  }

  function takeOffer(event) {
    const offer = event.target.closest && event.target.closest('[data-mm], [data-map]');
    if (!offer) return;
    if (offer.dataset.map !== undefined && canonical(offer.dataset.map) !== null) showMap(offer.dataset.map);
    if (offer.dataset.mm !== undefined) {
      const mm = placeOf(offer);
      if (mm.length === 3 && mm.every(Number.isFinite)) moveTo(mm);
    }
    const box = part('slices').getBoundingClientRect();
    if (box.bottom < 0 || box.top > window.innerHeight) part('slices').scrollIntoView({ block: 'center' });
  }

  /* ---------------------------------------------------------------- controls */

  function fillSelect() {
    const select = part('map');
    const option = (key, text) => element('option', text, { value: key });
    const group = (label, options) => {
      const made = element('optgroup', '', { label });
      made.append(...options);
      return made;
    };
    select.append(option('all', 'All experiments'));
    if (!data.map.own || data.experiments.length < 2) return;
    const experiments = data.experiments.map((name, i) => option(`experiment:${i}`, `without ${name}`));
    const studies = data.studies.map((name, i) => [`study:${i}`, name]);
    const several = studies.filter(([key]) => canonical(key) === key); // of several experiments
    select.append(group('Without one experiment', experiments));
    if (several.length) {
      const options = several.map(([key, name]) => option(key, `without ${name}`));
      select.append(group('Without one study', options));
    }
  }

  function fillLegend() {
    const toldApart = new Set(data.markers.map(String)).size === data.markers.length;
    const counts = data.studies.map(() => 0);
    foci.forEach((focus) => { counts[focus.study] += 1; });
    if (!toldApart) {
      part('glass-title').textContent = 'All coordinates, seen through the brain';
      const words = `${data.studies.length} studies, too many to tell apart by colour`;
      part('legend').append(element('li', words));
      return;
    }
    data.studies.forEach((name, study) => {
      const item = document.createElement('li');
      const swatch = element('canvas', '', { 'aria-hidden': 'true' });
      item.append(swatch, element('bdi', name, { dir: 'auto', title: name }), ` (${counts[study]})`);
      part('legend').append(item);
    });
  }

  function drawLegend() {
    canvases('legend').forEach((canvas, study) => {
      canvas.width = canvas.height = Math.round(14 * ratio());
      drawMark(canvas.getContext('2d'), study, canvas.width / 2, canvas.height / 2, 4.4 * ratio());
    });
  }

  const range = data.map.max - data.map.lowest;
  const sliderToValue = (at) => data.map.lowest + (at / 1000) * range;
  const valueToSlider = (value) => (range > 0 ? Math.round((1000 * (value - data.map.lowest)) / range) : 0);

  function setThreshold(value, moved) {
    now.threshold = value;
    now.moved = moved;
    refresh({ slices: [0, 1, 2], table: true });
  }

  function connect() {
    part('threshold').value = valueToSlider(data.threshold.value);
    part('opacity').value = Math.round(now.opacity * 100);
    part('listed').checked = now.listed;
    part('listed-words').textContent = data.threshold.clusters;
    part('bar-name').textContent = statistic;
    part('map').addEventListener('change', (event) => showMap(event.target.value));
    part('threshold').addEventListener('input', (event) => {
      setThreshold(sliderToValue(Number(event.target.value)), true);
    });
    part('reset').addEventListener('click', () => {
      part('threshold').value = valueToSlider(data.threshold.value);
      setThreshold(data.threshold.value, false);
      part('threshold').focus(); // the button goes away
    });
    part('opacity').addEventListener('input', (event) => {
      now.opacity = Number(event.target.value) / 100;
      refresh({ slices: [0, 1, 2], table: true });
    });
    part('listed').addEventListener('change', (event) => {
      now.listed = event.target.checked;
      refresh({ slices: [0, 1, 2] });
    });
    part('foci').addEventListener('change', (event) => {
      now.foci = event.target.checked;
      refresh({ slices: [0, 1, 2] });
    });
  }

  function connectViews() {
    const hideTip = () => { part('tip').hidden = true; };
    canvases('slices').forEach((canvas, number) => {
      const view = VIEWS[number];
      canvas.addEventListener('pointerdown', (event) => {
        if (event.button !== 0 || event.pointerType === 'touch') return; // a finger may want to scroll
        canvas.setPointerCapture(event.pointerId);
        follow(canvas, view, event);
      });
      canvas.addEventListener('click', (event) => follow(canvas, view, event));
      canvas.addEventListener('pointermove', (event) => {
        const isHeld = event.buttons === 1 && canvas.hasPointerCapture(event.pointerId);
        const isDrag = isHeld || event.pointerType === 'touch';
        if (isDrag) follow(canvas, view, event);
        else hover(drawnFoci[number], canvas, event);
      });
      canvas.addEventListener('pointerleave', hideTip);
      canvas.addEventListener('keydown', (event) => keyOnSlice(view, event));
    });
    canvases('glass').forEach((canvas, number) => {
      canvas.addEventListener('click', (event) => {
        const mark = nearestDrawn(drawnGlass[number], canvas, event);
        if (mark) moveTo(foci[mark.i].mm);
      });
      canvas.addEventListener('pointermove', (event) => hover(drawnGlass[number], canvas, event));
      canvas.addEventListener('pointerleave', hideTip);
      canvas.addEventListener('keydown', keyOnGlass);
    });
    document.addEventListener('click', takeOffer);
  }

  function watchLooks() {
    new ResizeObserver(paintAnew).observe(part('slices'));
    const repaint = (isPrint) => {
      printing = isPrint;
      paintAnew();
    };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => repaint(printing));
    matchMedia('print').addEventListener('change', (event) => repaint(event.matches));
    window.addEventListener('beforeprint', () => repaint(true));
    window.addEventListener('afterprint', () => repaint(false));
  }

  /* ---------------------------------------------------------------- start */

  async function readMaps() {
    const map = data.map;
    const [gaps, logSum, clusters, tones, inside, grey, ofAtlas] = await Promise.all([
      unpack(map.places), unpack(map.log_sum), unpack(map.clusters), unpack(data.colours),
      unpack(data.inside.bits), unpack(data.picture.shades), data.atlas ? unpack(data.atlas.numbers) : null,
    ]);
    const size = map.shape[0] * map.shape[1] * map.shape[2];
    shown.places = new Uint32Array(gaps.length);
    shown.labels = new Uint16Array(size);
    shown.kept = new Uint8Array(size);
    shown.volume = new Uint16Array(size);
    shown.full = new Uint16Array(size);
    let place = 0;
    gaps.forEach((gap, v) => {
      place += gap;
      shown.places[v] = place;
      shown.labels[place] = clusters[v];
      shown.kept[place] = 1;
      shown.full[place] = logSum[v];
    });
    shown.logSum = logSum;
    colours = tones;
    bits = inside;
    shades = grey;
    numbers = ofAtlas;
  }

  async function start() {
    layout();
    fillSelect();
    part('note').textContent = data.note;
    part('live').hidden = false;
    fillLegend();
    connect();
    connectViews();
    watchLooks();
    if (typeof DecompressionStream === 'undefined') {
      say('This browser cannot unpack compressed data (it has no DecompressionStream), so slices and '
        + 'maps cannot be shown. The tables and texts of this page do not depend on them.');
      root.querySelectorAll('.fv-of-maps').forEach((needsMaps) => { needsMaps.hidden = true; });
      paintAnew();
      root.dataset.state = 'without maps';
      return;
    }
    await readMaps();
    await showMap('all');
    paintAnew();
    root.dataset.state = 'ready';
  }

  window.focaleViewer = {
    moveTo,
    showMap,
    state: () => ({
      mm: now.mm.slice(),
      map: now.map,
      value: shown.logSum ? valueAt(now.mm) : null,
      label: shown.logSum ? labelAt(now.mm) : null,
      threshold: now.threshold,
      meaning: shown.logSum ? meaningText() : null,
      listed: now.listed,
      opacity: now.opacity,
    }),
    ready: start(),
  };
})();
