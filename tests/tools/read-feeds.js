// Reads {"name": "feed", …} from standard input and prints what readers that are not ours make of each:
// {"name": {"reader": [{id, title, link, date, summary}, …], …}, …}. A reader that does not know a format is left out.
"use strict";

const fs = require("node:fs");
const RssParser = require("rss-parser");
const { parseFeed } = require("@rowanmanning/feed-parser");

const seconds = (date) => (date ? new Date(date).toISOString().slice(0, 19) : null);
const entry = (id, title, link, date, summary) => ({
  id: id ?? null,
  title: title ?? null,
  link: link ?? null,
  date: seconds(date),
  summary: summary ?? null,
});

async function rssParser(text) {
  const feed = await new RssParser({
    customFields: { item: ["description", "dc:date"] },
  }).parseString(text);
  return feed.items.map((item) =>
    entry(
      item.guid ?? item.id ?? item["rdf:about"],
      item.title,
      item.link,
      item.isoDate ?? item["dc:date"],
      item.summary ?? item.description,
    ),
  );
}

function rowanmanning(text) {
  return parseFeed(text).items.map((item) =>
    entry(item.id, item.title, item.url, item.published, item.description),
  );
}

async function feedsmith(text) {
  const { parseFeed: parse } = await import("feedsmith");
  const { format, feed } = parse(text);
  const plain = (value) => (value && typeof value === "object" ? value.value : value);
  switch (format) {
    case "atom":
      return feed.entries.map((it) =>
        entry(
          it.id,
          plain(it.title),
          it.links.find((link) => (link.rel ?? "alternate") === "alternate").href,
          it.published,
          plain(it.summary),
        ),
      );
    case "rss":
      return feed.items.map((it) =>
        entry(plain(it.guid), plain(it.title), it.link, it.pubDate, plain(it.description)),
      );
    case "rdf":
      return feed.items.map((it) =>
        entry(it.rdf?.about, plain(it.title), it.link, it.dc?.date ?? it.dc?.dates?.[0], plain(it.description)),
      );
    default:
      return feed.items.map((it) => entry(it.id, it.title, it.url, it.date_published, it.summary));
  }
}

async function main() {
  const feeds = JSON.parse(fs.readFileSync(0, "utf8"));
  const read = {};
  for (const [name, text] of Object.entries(feeds)) {
    read[name] = { feedsmith: await feedsmith(text) };
    if (!name.endsWith(".json")) {
      read[name]["rss-parser"] = await rssParser(text);
      read[name]["feed-parser"] = rowanmanning(text);
    }
  }
  console.log(JSON.stringify(read));
}

main();
