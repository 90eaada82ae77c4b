// Offers continuations below the search field (ARIA 1.2 combobox with a list). Without it the form searches all the same.
'use strict';
(() => {
  const input = document.querySelector('input[data-suggestions]');
  if (!input) return;
  const list = document.createElement('ul');
  list.id = 'goi-y';
  list.className = 'suggestions';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Gợi ý');
  input.after(list);
  for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', list.id]]) {
    input.setAttribute(name, value);
  }
  const PAUSE = 120;
  let addresses = [];
  let chosen = -1;
  let timer;
  let asking;

  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    choose(-1);
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
  };
  const choose = (place) => {
    list.children[chosen]?.setAttribute('aria-selected', 'false');
    chosen = place;
    const option = list.children[chosen];
    if (!option) {
      input.removeAttribute('aria-activedescendant');
      return;
    }
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', option.id);
  };
  const show = ([, texts, kinds, leads]) => {
    choose(-1);
    addresses = leads;
    list.replaceChildren(...texts.map((text, place) => {
      const option = document.createElement('li');
      option.id = `goi-y-${place}`;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      const kind = document.createElement('span');
      kind.textContent = kinds[place];
      option.append(text, kind);
      return option;
    }));
    list.hidden = texts.length === 0;
    input.setAttribute('aria-expanded', String(texts.length > 0));
  };
  const ask = async () => {
    asking?.abort();
    const text = input.value;
    if (text.trim().length < 2) {
      close();
      return;
    }
    asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggestions}?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      if (answer.ok && input.value === text && document.activeElement === input) show(await answer.json());
    } catch (error) {
      // Offline: there is nothing to offer. Where something newer was typed, its answer comes.
      if (error.name !== 'AbortError') close();
    }
  };

  input.addEventListener('input', () => {
    // What was chosen belongs to what was typed before.
    choose(-1);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener('keydown', (event) => {
    if (list.hidden || event.isComposing) return;
    const count = list.children.length;
    if (event.key === 'ArrowDown') choose(chosen + 1 < count ? chosen + 1 : -1);
    else if (event.key === 'ArrowUp') choose(chosen === -1 ? count - 1 : chosen - 1);
    else if (event.key === 'Enter' && chosen >= 0) location.assign(addresses[chosen]);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  });
  // Before the field loses its focus.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const place = [...list.children].indexOf(event.target.closest('li'));
    if (place >= 0) location.assign(addresses[place]);
  });
  input.addEventListener('blur', close);
})();
