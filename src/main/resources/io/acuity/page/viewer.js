// The comparison: two pictures over each other, divided by a line; zoom and pan move both.
const WHEEL = 1.0015;
const STEP = 40;

export class Viewer {
  constructor(stage, canvas, line, slider, zoomShown) {
    Object.assign(this, { stage, canvas, line, slider, zoomShown });
    this.before = null;
    this.after = null;
    this.pointers = new Map();
    new ResizeObserver(() => this.resize()).observe(stage);
    slider.addEventListener('input', () => this.draw());
    stage.addEventListener('wheel', (e) => this.wheel(e), { passive: false });
    stage.addEventListener('pointerdown', (e) => this.down(e));
    stage.addEventListener('pointermove', (e) => this.move(e));
    for (const end of ['pointerup', 'pointercancel']) stage.addEventListener(end, (e) => this.up(e));
    stage.addEventListener('dblclick', () => this.fit());
    stage.addEventListener('keydown', (e) => this.key(e));
  }

  show(before, after) {
    this.before = before;
    this.after = after;
    this.slider.value = 50;
    this.fitted = true;
    this.stage.style.aspectRatio = `${after.width} / ${after.height}`; // no bars where the window has room
    this.resize();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.stage.clientWidth;
    this.height = this.stage.clientHeight;
    this.canvas.width = Math.max(1, Math.round(this.width * ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * ratio));
    if (this.fitted) this.fit();
    else this.draw();
  }

  // The zoom at which the whole picture is seen.
  whole() {
    return Math.min(this.width / this.after.width, this.height / this.after.height);
  }

  fit() {
    if (!this.after) return;
    this.fitted = true; // stays so when the window changes
    this.zoom = Math.min(this.whole(), 8);
    this.x = (this.width - this.after.width * this.zoom) / 2;
    this.y = (this.height - this.after.height * this.zoom) / 2;
    this.draw();
  }

  // Zooms so that what lies at (x, y) of the stage stays there.
  zoomTo(zoom, x = this.width / 2, y = this.height / 2) {
    if (!this.after) return;
    const next = Math.min(32, Math.max(Math.min(0.05, this.whole()), zoom));
    this.x = x - (x - this.x) * next / this.zoom;
    this.y = y - (y - this.y) * next / this.zoom;
    this.zoom = next;
    this.fitted = false;
    this.draw();
  }

  pan(dx, dy) {
    this.fitted = false;
    this.x += dx;
    this.y += dy;
    this.draw();
  }

  wheel(e) {
    e.preventDefault();
    const box = this.stage.getBoundingClientRect();
    this.zoomTo(this.zoom * WHEEL ** -e.deltaY, e.clientX - box.left, e.clientY - box.top);
  }

  // Near the line a pointer moves the line, elsewhere the picture; two pointers pinch.
  down(e) {
    if (!this.after) return;
    const box = this.stage.getBoundingClientRect();
    const onLine = Math.abs(e.clientX - box.left - this.split()) < 24;
    this.stage.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, { x: e.clientX, y: e.clientY, onLine: onLine && this.pointers.size === 0 });
    this.stage.classList.add('moving');
  }

  move(e) {
    const last = this.pointers.get(e.pointerId);
    if (!last) return;
    const box = this.stage.getBoundingClientRect();
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers.entries()].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
      const was = Math.hypot(last.x - other.x, last.y - other.y);
      const is = Math.hypot(e.clientX - other.x, e.clientY - other.y);
      if (was > 0) this.zoomTo(this.zoom * is / was, other.x - box.left, other.y - box.top);
    } else if (last.onLine) {
      this.slider.value = 100 * (e.clientX - box.left) / this.width;
      this.draw();
    } else {
      this.pan(e.clientX - last.x, e.clientY - last.y);
    }
    last.x = e.clientX;
    last.y = e.clientY;
  }

  up(e) {
    this.pointers.delete(e.pointerId);
    if (!this.pointers.size) this.stage.classList.remove('moving');
  }

  key(e) {
    const steps = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    if (e.ctrlKey || e.metaKey || e.altKey || !this.after) return;
    if (steps[e.key]) this.pan(...steps[e.key]);
    else if (e.key === '+' || e.key === '=') this.zoomTo(this.zoom * 1.25);
    else if (e.key === '-') this.zoomTo(this.zoom / 1.25);
    else if (e.key === '0') this.fit();
    else return;
    e.preventDefault();
  }

  split() {
    return this.width * this.slider.value / 100;
  }

  draw() {
    const split = this.split();
    this.line.style.left = `${split}px`;
    this.slider.setAttribute('aria-valuetext', `${Math.round(this.slider.value)} percent before`);
    if (!this.after) return;
    this.zoomShown.value = `${Math.round(this.zoom * 100)} %`;
    const g = this.canvas.getContext('2d');
    const ratio = this.canvas.width / this.width;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, this.width, this.height);
    const w = this.after.width * this.zoom;
    const h = this.after.height * this.zoom;
    for (const [picture, left, right] of [[this.before, 0, split], [this.after, split, this.width]]) {
      g.save();
      g.beginPath();
      g.rect(left, 0, right - left, this.height);
      g.clip();
      g.imageSmoothingEnabled = picture === this.before || this.zoom < 1; // single pixels of the result may be looked at
      g.imageSmoothingQuality = 'high';
      g.drawImage(picture, this.x, this.y, w, h);
      g.restore();
    }
  }
}
