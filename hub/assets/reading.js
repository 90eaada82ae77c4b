// On the page of an entry: reads it aloud with the browser's own voice, shares its address, prints it. What the browser cannot
// do is not offered.
'use strict';
(() => {
  const tools = document.getElementById('cong-cu');
  if (!tools) return;
  const status = document.createElement('p');
  status.className = 'meta';
  status.setAttribute('role', 'status');
  const button = (text, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.addEventListener('click', act);
    const item = document.createElement('li');
    item.append(made);
    tools.append(item);
    return made;
  };

  const speech = window.speechSynthesis;
  if (speech && 'SpeechSynthesisUtterance' in window) {
    const texts = () => [...document.querySelectorAll('[data-read]')].flatMap((part) =>
      part.innerText.split(/\n+/).map((text) => text.trim()).filter(Boolean));
    // Browsers cut long texts off, so that each sentence or so is said alone.
    const pieces = () => texts().flatMap((text) => text.match(/[^.!?…;]+[.!?…;]*\s*|.+/g) ?? []);
    let left = [];
    let reading = false;
    const read = button('Đọc bài', () => {
      if (reading) stop();
      else start();
    });
    read.setAttribute('aria-pressed', 'false');
    const show = (now) => {
      reading = now;
      read.textContent = now ? 'Dừng đọc' : 'Đọc bài';
      read.setAttribute('aria-pressed', String(now));
    };
    const stop = () => {
      left = [];
      speech.cancel();
      show(false);
    };
    const next = () => {
      const text = left.shift();
      if (!text) {
        show(false);
        return;
      }
      const said = new SpeechSynthesisUtterance(text);
      said.lang = document.documentElement.lang || 'vi';
      said.voice = speech.getVoices().find((voice) => voice.lang.toLowerCase().startsWith('vi')) ?? null;
      said.onend = () => { if (reading) next(); };
      said.onerror = (event) => {
        if (!reading || event.error === 'canceled' || event.error === 'interrupted') return;
        stop();
        status.textContent = 'Máy không đọc được bài này.';
      };
      speech.speak(said);
    };
    const start = () => {
      speech.cancel();
      left = pieces();
      show(true);
      next();
    };
    window.addEventListener('pagehide', stop);
  }

  const address = tools.dataset.address;
  if (navigator.share) {
    button('Chia sẻ', () => navigator.share({ title: document.title, url: address }).catch(() => {}));
  }
  if (navigator.clipboard) {
    button('Sao chép địa chỉ', () => navigator.clipboard.writeText(address).then(
      () => { status.textContent = 'Đã sao chép địa chỉ của bài.'; },
      () => { status.textContent = 'Trình duyệt không cho sao chép.'; },
    ));
  }
  button('In', () => window.print());
  tools.after(status);
})();
