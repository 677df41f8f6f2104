import { Viewer } from './viewer.js';

const $ = (id) => document.getElementById(id);
const viewer = new Viewer($('stage'), $('canvas'), $('line'), $('slider'), $('zoom'));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
let current = null; // the picture under way: { request, job, stopped }
let shown = null; // address of the result that can be downloaded

function headers() {
  return $('token').value ? { Authorization: `Bearer ${$('token').value}` } : {};
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: headers() });
  if (!answer.ok) throw await problem(answer.status, await answer.text());
  return answer;
}

function problem(status, text) {
  let detail = `the service answered ${status}`;
  try {
    detail = JSON.parse(text).detail || detail;
  } catch {
    // no JSON: something between here and the service answered
  }
  if (status === 401) $('token-row').hidden = false;
  return Object.assign(new Error(detail), { status });
}

async function about() {
  try {
    const service = await (await ask('v1/models')).json();
    $('model').replaceChildren(...service.models.map((m) => new Option(`${m.name} (×${m.scale})`, m.name)));
    $('where').textContent = `Computed on ${service.device}, model ${service.models[0].name}`;
    $('limits').textContent = `PNG, JPEG, TIFF, WebP, BMP or GIF, up to ${(service.max_pixels / 1e6).toFixed(1)} megapixels and ${Math.round(service.max_bytes / 2 ** 20)} MB`;
    $('failed').hidden = true;
  } catch (e) {
    $('where').textContent = e.status === 401 ? 'This service wants a token' : 'The service does not answer';
  }
}

// XMLHttpRequest, for fetch does not tell how much has been sent
function upload(path, file, sent) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (e) => sent(e.loaded / e.total);
    request.onload = () => (request.status === 202 ? resolve(JSON.parse(request.responseText)) : reject(problem(request.status, request.responseText)));
    request.onerror = () => reject(new Error('the service does not answer'));
    request.onabort = () => reject(new Error('cancelled'));
    request.open('POST', path);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.send(file);
  });
  return { request, done };
}

function progress(part, text) {
  $('bar').value = part;
  $('status').textContent = text;
}

function fail(message) {
  $('failed').textContent = message;
  $('failed').hidden = false;
  $('said').textContent = '';
}

async function upscale(file) {
  if (current) await stop();
  const mine = { stopped: false };
  current = mine;
  $('failed').hidden = true;
  $('work').hidden = false;
  $('said').className = 'quiet';
  $('said').textContent = `Upscaling ${file.name || 'the picture'}`;
  progress(0, 'Sending …');
  try {
    const query = new URLSearchParams({ model: $('model').value, format: $('format').value, self_ensemble: $('ensemble').checked ? 1 : 0 });
    const sending = upload(`v1/jobs?${query}`, file, (part) => progress(0.2 * part, `Sending, ${Math.round(100 * part)} %`));
    mine.request = sending.request;
    let job = await sending.done;
    mine.job = job.id;
    while (job.status === 'running') {
      progress(0.2 + 0.8 * job.progress, `Computing ${job.width}×${job.height}, ${Math.round(100 * job.progress)} %`);
      await wait(job.seconds < 2 ? 60 : 300);
      if (mine.stopped) throw new Error('cancelled');
      job = await (await ask(`v1/jobs/${job.id}`)).json();
    }
    if (job.status !== 'done') throw new Error(job.detail || `the job is ${job.status}`);
    const result = await (await ask(job.result)).blob();
    ask(`v1/jobs/${job.id}`, { method: 'DELETE' }).catch(() => {});
    mine.job = null;
    await present(file, result, job);
  } catch (e) {
    if (mine.stopped) {
      $('said').className = '';
      $('said').textContent = 'Cancelled';
    } else fail(`This did not work: ${e.message}`);
  } finally {
    if (current === mine) {
      current = null;
      $('work').hidden = true;
    }
  }
}

// What the browser cannot show itself (TIFF), it is not asked to compare with.
async function present(file, result, job) {
  const after = await createImageBitmap(result);
  const before = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (shown) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(result);
  const end = $('format').value;
  const name = (file.name || 'picture').replace(/\.[^.]*$/, '');
  $('download').href = shown;
  $('download').download = `${name}_x${Math.round(Math.sqrt((after.width * after.height) / (job.width * job.height)))}.${end}`;
  $('sizes').textContent = `${job.width}×${job.height} to ${after.width}×${after.height} in ${job.seconds.toFixed(1)} s with ${job.model}${before ? '' : '; this browser cannot show the original'}`;
  $('result').hidden = false;
  document.body.classList.add('done');
  viewer.show(before || after, after);
  $('said').className = 'quiet'; // for ears only: eyes have the line above the picture
  $('said').textContent = `Done: ${$('sizes').textContent}`;
  $('result-title').focus();
}

async function stop() {
  if (!current) return;
  current.stopped = true;
  current.request?.abort();
  if (current.job) await ask(`v1/jobs/${current.job}`, { method: 'DELETE' }).catch(() => {});
}

function take(files) {
  const picture = [...files].find((f) => f.type.startsWith('image/')) || files[0];
  if (picture) upscale(picture);
}

$('choose').addEventListener('change', (e) => {
  take(e.target.files);
  e.target.value = ''; // the same file may be chosen again
});
$('cancel').addEventListener('click', stop);
$('token').addEventListener('change', about);
$('form').addEventListener('submit', (e) => e.preventDefault());
$('in').addEventListener('click', () => viewer.zoomTo(viewer.zoom * 1.5));
$('out').addEventListener('click', () => viewer.zoomTo(viewer.zoom / 1.5));
$('fit').addEventListener('click', () => viewer.fit());
$('one').addEventListener('click', () => viewer.zoomTo(1));
window.addEventListener('paste', (e) => take(e.clipboardData.files));
for (const over of ['dragenter', 'dragover']) {
  window.addEventListener(over, (e) => {
    e.preventDefault();
    $('drop').classList.add('over');
  });
}
for (const away of ['dragleave', 'drop']) window.addEventListener(away, () => $('drop').classList.remove('over'));
window.addEventListener('drop', (e) => {
  e.preventDefault();
  take(e.dataTransfer.files);
});
window.addEventListener('pagehide', () => current?.job && fetch(`v1/jobs/${current.job}`, { method: 'DELETE', headers: headers(), keepalive: true }));
about();
