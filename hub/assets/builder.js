// Shows a widget in its frame while somebody chooses. Without it the button "Xem thử" does.
'use strict';
(() => {
  const form = document.querySelector('form[data-builder]');
  const frame = document.querySelector('iframe[data-preview]');
  if (!form || !frame) return;
  const PAUSE = 400;
  let timer;
  const show = () => {
    const chosen = new FormData(form);
    const address = new URL('/embed', location.href);
    for (const name of ['view', 'limit', 'lang', 'theme', 'agency', 'kind', 'field', 'audience', 'situation']) {
      const values = chosen.getAll(name).filter((value) => value !== '');
      if (values.length > 0) address.searchParams.set(name, values.join(','));
    }
    const entry = /\d+/.exec(chosen.get('entry'));
    if (chosen.get('view') === 'entry' && !entry) return;
    if (entry) address.searchParams.set('entry', entry[0]);
    if (frame.src !== address.href) frame.src = address.href;
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
})();
