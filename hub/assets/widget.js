// <loa-feed src="https://hub.example" agency="…" kind="…" limit="6" lang="vi|en">fallback</loa-feed>
// One file, no dependency, no inline style or script: text from the hub only ever becomes text.
(() => {
  "use strict";
  if (customElements.get("loa-feed")) return;

  const own = document.currentScript ? new URL(document.currentScript.src).origin : location.origin;
  const words = {
    vi: { loading: "Đang tải…", empty: "Chưa có tin nào.", error: "Chưa tải được tin.", old: "Nội dung lưu ngày", all: "Xem tất cả" },
    en: { loading: "Loading…", empty: "Nothing published yet.", error: "The news could not be loaded.", old: "Saved on", all: "See all" },
  };
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; color: var(--loa-text, inherit); font: inherit; }
    ul { list-style: none; margin: 0; padding: 0; }
    li { padding: .65em 0; border-top: 1px solid var(--loa-line, rgb(127 127 127 / .3)); }
    li:first-child { border-top: 0; }
    a { color: var(--loa-link, inherit); font-weight: 600; text-decoration: none; }
    a:hover, a:focus-visible { text-decoration: underline; }
    p { margin: .2em 0 0; }
    .meta { font-size: .875em; opacity: .85; }
    .all { margin-top: .6em; font-size: .9375em; }
  `);

  const element = (name, text, part) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (part) { made.className = part; made.setAttribute("part", part); }
    return made;
  };
  const link = (text, address, part) => {
    const made = element("a", text, part);
    if (/^https?:\/\//i.test(address)) made.href = address;
    return made;
  };

  class LoaFeed extends HTMLElement {
    static observedAttributes = ["src", "agency", "kind", "limit", "lang"];

    connectedCallback() { this.schedule(); }
    attributeChangedCallback() { if (this.isConnected) this.schedule(); }
    disconnectedCallback() { this.request?.abort(); }

    // Several attributes often change together: one request for all.
    schedule() {
      if (this.waiting) return;
      this.waiting = true;
      queueMicrotask(() => { this.waiting = false; this.load(); });
    }

    async load() {
      this.request?.abort();
      const request = (this.request = new AbortController());
      const text = words[(this.lang || document.documentElement.lang || "vi").slice(0, 2)] || words.vi;
      const address = new URL("/widget/entries.json", this.getAttribute("src") || own);
      for (const name of ["agency", "kind", "limit"]) {
        if (this.getAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      }
      if (!this.shadowRoot) {
        this.attachShadow({ mode: "open" }).adoptedStyleSheets = [style];
        this.show(element("p", text.loading, "status"), true);
      }
      try {
        const answer = await fetch(address, { credentials: "omit", signal: request.signal });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const data = await answer.json();
        this.show(this.list(data, text), false);
        this.keep(address, data);
      } catch (error) {
        if (request.signal.aborted) return;
        const kept = this.kept(address);
        if (kept) {
          const saved = new Date(kept.at).toLocaleDateString(text === words.en ? "en-GB" : "vi-VN");
          this.show(element("p", `${text.error} ${text.old} ${saved}.`, "status"), false, this.list(kept.data, text));
        } else {
          // The page's own fallback stands in the slot.
          this.show(element("p", text.error, "status"), false, element("slot"));
        }
      }
    }

    list(data, text) {
      const part = new DocumentFragment();
      if (!data.entries.length) part.append(element("p", text.empty, "status"));
      const list = element("ul", "", "list");
      for (const entry of data.entries) {
        const item = element("li", "", "entry");
        const meta = element("p", `${entry.kind} · ${entry.agency} · `, "meta");
        const time = element("time", entry.date);
        time.dateTime = entry.published_at;
        meta.append(time);
        item.append(link(entry.title, entry.url, "title"), meta);
        list.append(item);
      }
      const all = element("p", "", "all");
      all.append(link(text.all, data.home_url));
      part.append(list, all);
      return part;
    }

    show(status, busy, ...rest) {
      this.setAttribute("aria-busy", String(busy));
      this.shadowRoot.replaceChildren(status, ...rest);
    }

    keep(address, data) {
      try { localStorage.setItem(`loa:${address}`, JSON.stringify({ at: Date.now(), data })); } catch { /* storage is full or forbidden */ }
    }

    kept(address) {
      try { return JSON.parse(localStorage.getItem(`loa:${address}`)); } catch { return null; }
    }
  }
  customElements.define("loa-feed", LoaFeed);
})();
