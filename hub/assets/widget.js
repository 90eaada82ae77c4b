// <loa-feed src="https://hub.example" view="list|cards|ticker|qa|search|calendar|entry" agency kind field audience situation
// entry limit lang theme widget label>content that stands there until, and unless, the hub's can be shown</loa-feed>
//
// One file, no dependency. Text from the hub only ever becomes text; no inline style, script or markup is made, so that it
// works under `default-src 'none'` and Trusted Types. What is handed to the browser has no prototype, and every property that
// is read is there, so that a page which has changed prototypes changes nothing here.
(() => {
  "use strict";
  if (!window.customElements || customElements.get("loa-feed") || !("adoptedStyleSheets" in document)) return;

  const own = document.currentScript?.src ? new URL(document.currentScript.src).origin : location.origin;
  const parameters = ["widget", "view", "agency", "kind", "field", "audience", "situation", "entry", "limit", "lang", "theme"];
  const words = {
    __proto__: null,
    vi: {
      loading: "Đang tải…", error: "Chưa tải được tin.", stale: "Đang hiện tin đã lưu ngày ",
      pause: "Tạm dừng", play: "Tiếp tục", previous: "Tin trước", next: "Tin sau",
    },
    en: {
      loading: "Loading…", error: "The news could not be loaded.", stale: "Showing what was saved on ",
      pause: "Pause", play: "Play", previous: "Previous headline", next: "Next headline",
    },
  };

  // Content of the last time, in the browser's own cache: apart from whatever the page around keeps.
  const STORE = "loa-feed";
  const MOST_KEPT = 12;
  const MOST_LETTERS = 200000;
  const LONGEST = 30 * 86400000;
  const TURN = 7000;

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; min-height: var(--loa-min-height, 0); }
    :host([hidden]) { display: none; }
    .loa { box-sizing: border-box; color: var(--loa-text, inherit); background: var(--loa-background, transparent);
      font: var(--loa-font, inherit); line-height: var(--loa-line-height, 1.5); text-align: start; text-transform: none;
      text-indent: 0; letter-spacing: normal; word-spacing: normal; white-space: normal; overflow-wrap: anywhere;
      --line: var(--loa-line, rgb(127 127 127 / .35)); }
    .light { color-scheme: light; --loa-text: #1d2430; --loa-link: #7d1a15; --loa-line: #d9dde3; --loa-background: #fff; padding: 1em; }
    .dark { color-scheme: dark; --loa-text: #e8e6e1; --loa-link: #f0b9a8; --loa-line: #3a414b; --loa-background: #171b21; padding: 1em; }
    * { box-sizing: border-box; }
    ul, ol { list-style: none; margin: 0; padding: 0; }
    p { margin: 0; }
    a { color: var(--loa-link, inherit); text-decoration: none; }
    a:hover { text-decoration: underline; }
    :is(a, button, input, summary):focus-visible { outline: 2px solid var(--loa-focus, currentColor); outline-offset: 2px; border-radius: 2px; }
    .title, summary { font-weight: 600; text-wrap: pretty; }
    .meta, .status, .note { font-size: .875em; color: var(--loa-muted, inherit); }
    .meta { margin-top: .15em; }
    .status:empty { display: none; }
    .status { padding: .35em 0; }
    .entry { padding: .7em 0; border-top: 1px solid var(--line); }
    :is(.list, .qa) > :first-child { border-top: 0; padding-top: 0; }
    .all { margin-top: .7em; }
    .all a, .more a { text-decoration: underline; text-underline-offset: .2em; }
    .summary { margin-top: .3em; }
    .cards { display: grid; gap: 1em; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16em), 1fr)); }
    .cards .entry { display: flex; flex-direction: column; padding: 1em; border: 1px solid var(--line); border-radius: var(--loa-radius, .5em);
      background: var(--loa-card, rgb(127 127 127 / .05)); }
    .cards .meta { margin-top: auto; padding-top: .6em; }
    .cards .summary { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
    .single .title { font-size: 1.15em; }
    .bar { display: flex; flex-wrap: wrap; gap: .25em .75em; align-items: center; padding: .4em 0; border-block: 1px solid var(--line); }
    .ticker { display: grid; flex: 1 1 18em; min-width: 0; }
    .ticker .entry { grid-area: 1 / 1; align-self: center; padding: 0; border: 0; visibility: hidden; opacity: 0; }
    .ticker .shown { visibility: visible; opacity: 1; transition: opacity .4s; }
    .ticker .title { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
    .controls { display: flex; gap: .25em; margin-inline-start: auto; }
    button, input { font: inherit; color: inherit; background: var(--loa-field, transparent); border: 1px solid var(--loa-border, rgb(127 127 127 / .8));
      border-radius: var(--loa-radius, .35em); min-height: 2.5em; padding: .3em .7em; }
    button { cursor: pointer; }
    .controls button { min-width: 2.5em; padding: 0; border-color: transparent; }
    .controls button:hover { border-color: currentColor; }
    .controls svg { width: 1em; height: 1em; vertical-align: -.1em; fill: currentColor; }
    .search { display: flex; flex-wrap: wrap; gap: .4em .5em; }
    .search label { flex-basis: 100%; font-weight: 600; }
    .search input { flex: 1; min-width: 0; }
    .search button { font-weight: 600; }
    .note { margin-bottom: .6em; }
    summary { display: flex; gap: .6em; padding: .15em 0; cursor: pointer; list-style: none; }
    summary::-webkit-details-marker { display: none; }
    summary::before { content: ""; flex: none; width: .45em; height: .45em; margin: .45em .15em 0 .1em; border: solid currentColor; border-width: 0 2px 2px 0;
      transform: rotate(-45deg); }
    [open] > summary::before { transform: rotate(45deg); }
    details > :not(summary) { margin-inline-start: 1.3em; }
    details > .meta { margin-inline-start: calc(1.3em / .875); }
    .question { margin-block: .5em; padding-inline-start: .8em; border-inline-start: 3px solid var(--line); }
    .answer { margin-block: .5em; }
    .day { display: grid; grid-template-columns: auto 1fr; gap: 0 1em; padding: .8em 0; border-top: 1px solid var(--line); }
    .day:first-child { border-top: 0; padding-top: 0; }
    .tile { grid-row: span 2; display: grid; align-content: start; text-align: center; min-width: 2.8em; line-height: 1.25; }
    .tile b { font-size: 1.5em; color: var(--loa-link, inherit); }
    .date { font-size: .875em; color: var(--loa-muted, inherit); }
    .day .entry { border: 0; padding: .2em 0; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (prefers-reduced-motion: reduce) { .ticker .shown { transition: none; } }
    @media print { .ticker .entry { grid-area: auto; visibility: visible; opacity: 1; } .controls, .search { display: none; } }
  `);

  const element = (name, part, ...content) => {
    const made = document.createElement(name);
    if (part) { made.className = part; made.setAttribute("part", part); }
    made.append(...content);
    return made;
  };
  const link = (address, part, ...content) => {
    const made = element("a", part, ...content);
    if (/^https?:\/\//i.test(address)) made.href = address;
    return made;
  };
  const unseen = (text) => element("span", "unseen", text);
  const list = (name, part, items) => {
    const made = element(name, part, ...items);
    // Safari takes lists without bullets for none.
    made.setAttribute("role", "list");
    return made;
  };
  const icon = (path) => {
    const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
    const [drawing, line] = [make("svg"), make("path")];
    drawing.setAttribute("viewBox", "0 0 16 16");
    drawing.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    drawing.append(line);
    return drawing;
  };
  const spoken = (made, language) => { made.lang = language; return made; };
  const title = (entry) => spoken(link(entry.url, "title", entry.title), entry.language);
  const meta = (entry) => {
    const time = element("time", "", entry.date);
    time.dateTime = entry.published_at;
    return element("p", "meta", element("span", "kind", entry.kind), " · ", spoken(element("bdi", "agency", entry.agency), "vi"), " · ", time);
  };
  const summary = (entry) => entry.summary ? [spoken(element("p", "summary", entry.summary), entry.language)] : [];

  const views = {
    __proto__: null,
    list: (data) => [list("ul", "list", data.entries.map((entry) => element("li", "entry", title(entry), meta(entry))))],
    cards: (data) => [list("ul", "cards", data.entries.map((entry) => element("li", "entry", title(entry), ...summary(entry), meta(entry))))],
    entry: (data) => data.entries.map((entry) => element("article", "single", element("p", "", title(entry)), meta(entry), ...summary(entry),
      element("p", "all", link(entry.url, "", data.words.read, unseen(`: ${entry.title}`))))),
    qa: (data) => [list("ul", "qa", data.entries.map((entry) => element("li", "entry", element("details", "",
      spoken(element("summary", "", entry.title), entry.language),
      ...(entry.question ? [spoken(element("p", "question", entry.question), entry.language)] : []),
      spoken(element("p", "answer", entry.answer), entry.language),
      element("p", "more", link(entry.url, "", data.words.answer, unseen(`: ${entry.title}`))), meta(entry)))))],
    calendar: (data) => {
      const days = [];
      for (const entry of data.entries) {
        let day = days[days.length - 1];
        if (day?.date !== entry.day) {
          const time = element("time", "", entry.day_label);
          time.dateTime = entry.day;
          const tile = element("span", "tile", element("b", "", entry.day.slice(8)), entry.day.slice(5, 7));
          tile.setAttribute("aria-hidden", "true");
          day = { date: entry.day, head: [tile, element("p", "date", time)], entries: [] };
          days.push(day);
        }
        const where = entry.place ? [spoken(element("bdi", "place", entry.place), entry.language), " · "] : [];
        day.entries.push(element("li", "entry", title(entry),
          element("p", "meta", entry.time && `${entry.time} · `, ...where, spoken(element("bdi", "agency", entry.agency), "vi"))));
      }
      return [list("ol", "calendar", days.map((day) => element("li", "day", ...day.head, list("ul", "", day.entries))))];
    },
    search: (data) => {
      const form = element("form", "search");
      form.action = data.search.url;
      // On pages in other encodings too.
      form.acceptCharset = "utf-8";
      const label = element("label", "label", data.words.search);
      const field = element("input", "input");
      label.htmlFor = field.id = "q";
      field.type = "search";
      field.name = "q";
      field.maxLength = 500;
      field.placeholder = data.words.example;
      const fixed = data.search.fields.map(([name, value]) => {
        const made = element("input", "");
        made.type = "hidden";
        made.name = name;
        made.value = value;
        return made;
      });
      form.append(label, field, ...fixed, element("button", "button", data.words.find));
      return [form];
    },
    ticker: (data, text, feed) => {
      if (!data.entries.length) return [];
      const items = data.entries.map((entry) => element("li", "entry", title(entry), meta(entry)));
      const headlines = list("ul", "ticker", items);
      let at = 0;
      const show = (next) => {
        items[at].classList.remove("shown");
        at = (next + items.length) % items.length;
        items[at].classList.add("shown");
      };
      show(0);
      const button = (name, path, act) => {
        const made = element("button", "", icon(path));
        made.type = "button";
        made.setAttribute("aria-label", name);
        made.addEventListener("click", act);
        return made;
      };
      let paused = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const say = () => {
        toggle.setAttribute("aria-label", paused ? text.play : text.pause);
        toggle.replaceChildren(icon(paused ? "M4 2l10 6-10 6z" : "M4 2h3v12H4zM9 2h3v12H9z"));
        // Who moves by hand hears where; who lets it run is left alone.
        headlines.setAttribute("aria-live", paused ? "polite" : "off");
      };
      const step = (by) => () => { paused = true; say(); show(at + by); };
      const toggle = button("", "", () => { paused = !paused; say(); });
      say();
      const controls = element("div", "controls", button(text.previous, "M11 2L4 8l7 6z", step(-1)), toggle, button(text.next, "M5 2l7 6-7 6z", step(1)));
      const bar = element("div", "bar", headlines, ...(items.length > 1 ? [controls] : []));
      feed.turn = setInterval(() => {
        if (!paused && !document.hidden && !bar.matches(":hover, :focus-within")) show(at + 1);
      }, TURN);
      return [bar];
    },
  };

  const kept = async () => {
    try {
      return await caches.open(STORE);
    } catch {
      // No storage on this page: then there is nothing to fall back on.
      return null;
    }
  };
  const keep = async (address, text) => {
    try {
      const store = await kept();
      if (!store || text.length > MOST_LETTERS) return;
      await store.delete(address);
      const known = await store.keys();
      for (let at = 0; at <= known.length - MOST_KEPT; at++) await store.delete(known[at]);
      await store.put(address, new Response(JSON.stringify([Date.now(), text])));
    } catch {
      // Full or denied.
    }
  };
  const last = async (address) => {
    try {
      const [at, text] = await (await (await kept()).match(address)).json();
      if (Date.now() - at < LONGEST) return [new Date(at), JSON.parse(text)];
    } catch {
      // Nothing kept, or nothing that can be read.
    }
    return null;
  };
  const forget = async (address) => { try { await (await kept()).delete(address); } catch { /* nothing kept */ } };

  class LoaFeed extends HTMLElement {
    static observedAttributes = [...parameters, "src", "label"];
    name = "";
    request = null;
    status = null;
    turn = 0;
    waiting = false;

    connectedCallback() { this.schedule(); }
    attributeChangedCallback() { if (this.isConnected) this.schedule(); }
    disconnectedCallback() { this.request?.abort(); clearInterval(this.turn); }

    // Several attributes often change together: one request for all.
    schedule() {
      if (this.waiting) return;
      this.waiting = true;
      queueMicrotask(() => { this.waiting = false; this.load(); });
    }

    get address() {
      const address = new URL("/widget/entries.json", this.getAttribute("src") || own);
      for (const name of parameters) {
        const value = this.getAttribute(name);
        if (value) address.searchParams.set(name, value);
      }
      // A configuration has a language of its own.
      if (!this.lang && !this.getAttribute("widget") && document.documentElement.lang.startsWith("en")) address.searchParams.set("lang", "en");
      return address.href;
    }

    async load() {
      this.request?.abort();
      if (!this.isConnected) return;
      const request = (this.request = new AbortController());
      let text = words[(this.lang || document.documentElement.lang).slice(0, 2)] || words.vi;
      let address, wrong;
      try {
        address = this.address;
        if (!this.shadowRoot) {
          this.attachShadow({ __proto__: null, mode: "open" }).adoptedStyleSheets = [style];
          this.status = element("p", "status", text.loading);
          this.status.setAttribute("role", "status");
          this.show("", this.status);
        }
        this.setAttribute("aria-busy", "true");
        const answer = await fetch(address, { __proto__: null, credentials: "omit", referrerPolicy: "no-referrer", signal: request.signal });
        if (!answer.ok) {
          // What is gone, or was never right, is not shown again.
          wrong = answer.status < 500 && answer.status !== 429;
          if (wrong) forget(address);
          throw new Error(`HTTP ${answer.status}`);
        }
        const body = await answer.text();
        const data = JSON.parse(body);
        this.render(data, "");
        keep(address, body);
        this.tell("loaded", data.entries.length);
      } catch (error) {
        if (request.signal.aborted) return;
        const known = address && !wrong && (await last(address));
        if (request.signal.aborted) return;
        if (known) {
          text = words[known[1].language];
          this.render(known[1], text.stale + known[0].toLocaleDateString(known[1].language === "en" ? "en-GB" : "vi-VN"));
        } else if (this.shadowRoot) {
          // The page's own content stands in the slot.
          this.status.textContent = this.childElementCount ? "" : text.error;
          this.show("", this.status, element("slot", ""));
        }
        this.tell("error", error.message);
      }
      this.setAttribute("aria-busy", "false");
    }

    render(data, status) {
      const text = words[data.language];
      const isSearch = data.view === "search";
      const content = (views[data.view] || views.list)(data, text, (clearInterval(this.turn), this));
      this.status.textContent = status || (data.entries.length || isSearch ? "" : data.words.empty);
      const region = isSearch ? content[0] : element("section", "", ...(data.note ? [element("p", "note", data.note)] : []), ...content);
      if (!isSearch && data.view !== "entry") region.append(element("p", "all", link(data.more_url, "", data.words.all, unseen(`: ${data.title}`))));
      this.name = this.getAttribute("label") || (isSearch ? data.words.search : data.title);
      // Landmarks with one name could not be told apart.
      let others = 0;
      for (const other of document.querySelectorAll("loa-feed")) if (other !== this && other.name === this.name) others++;
      region.setAttribute("role", isSearch ? "search" : "region");
      region.setAttribute("aria-label", others ? `${this.name} (${others + 1})` : this.name);
      region.lang = data.language;
      this.show(data.theme, this.status, region);
    }

    show(theme, ...content) {
      this.shadowRoot.replaceChildren(element("div", theme === "light" || theme === "dark" ? `loa ${theme}` : "loa", ...content));
    }

    tell(what, detail) {
      this.dispatchEvent(new CustomEvent(`loa:${what}`, { __proto__: null, bubbles: true, detail }));
    }
  }
  customElements.define("loa-feed", LoaFeed);
})();
