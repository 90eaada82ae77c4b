// How somebody likes to read: colours and size of letters, kept in the browser alone. It stands before the styles, so that no
// page appears in other colours first. Without it the device's own settings count.
'use strict';
(() => {
  const root = document.documentElement;
  const settings = [
    { name: 'theme', label: 'Màu', values: [['', 'Theo máy'], ['light', 'Sáng'], ['dark', 'Tối'], ['contrast', 'Tương phản cao']] },
    { name: 'size', label: 'Cỡ chữ', values: [['', 'Thường'], ['large', 'Lớn'], ['larger', 'Rất lớn']] },
  ];
  const read = (name) => {
    try { return localStorage.getItem(`loa-${name}`) ?? ''; } catch { return ''; }
  };
  const apply = (name, value) => {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
  };
  for (const { name, values } of settings) {
    const value = read(name);
    if (values.some(([known]) => known === value)) apply(name, value);
  }

  document.addEventListener('DOMContentLoaded', () => {
    // On a narrow screen the row of parts is longer than the screen.
    const here = document.querySelector('.parts [aria-current]');
    const parts = here?.closest('ul');
    if (parts) parts.scrollLeft = here.offsetLeft - (parts.clientWidth - here.offsetWidth) / 2;
    const place = document.getElementById('hien-thi');
    if (!place) return;
    const details = document.createElement('details');
    details.className = 'display';
    const summary = document.createElement('summary');
    summary.textContent = 'Hiển thị';
    details.append(summary);
    const box = document.createElement('div');
    for (const { name, label, values } of settings) {
      const group = document.createElement('fieldset');
      const legend = document.createElement('legend');
      legend.textContent = label;
      group.append(legend);
      for (const [value, text] of values) {
        const choice = document.createElement('label');
        const input = document.createElement('input');
        input.type = 'radio';
        input.name = `hien-thi-${name}`;
        input.checked = (root.dataset[name] ?? '') === value;
        input.addEventListener('change', () => {
          apply(name, value);
          // Refused storage: the choice holds for this page.
          try { localStorage.setItem(`loa-${name}`, value); } catch { /* nothing to keep it in */ }
        });
        choice.append(input, ` ${text}`);
        group.append(choice);
      }
      box.append(group);
    }
    details.append(box);
    place.append(details);
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !details.open) return;
      details.open = false;
      summary.focus();
    });
    document.addEventListener('click', (event) => {
      if (!details.contains(event.target)) details.open = false;
    });
  });
})();
