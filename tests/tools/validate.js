// Reads {"address": "page", …} from standard input and prints what is not valid HTML in each page:
// ["address:line:column rule: message", …].
"use strict";

const fs = require("node:fs");
const { HtmlValidate, StaticConfigLoader } = require("html-validate");

const validator = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:standard", "html-validate:a11y"],
    rules: {
      // Matters of taste, not of validity.
      "doctype-style": "off",
      "long-title": "off",
      "no-inline-style": "error",
      "no-trailing-whitespace": "off",
      "void-style": "off",
    },
  }),
);

const pages = JSON.parse(fs.readFileSync(0, "utf8"));
const faults = [];
for (const [address, page] of Object.entries(pages)) {
  const report = validator.validateStringSync(page);
  for (const result of report.results) {
    for (const { line, column, ruleId, message } of result.messages) {
      faults.push(`${address}:${line}:${column} ${ruleId}: ${message}`);
    }
  }
}
console.log(JSON.stringify(faults));
