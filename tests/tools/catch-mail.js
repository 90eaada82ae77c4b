// A mail server that keeps what it gets: node catch-mail.js PORT MAILS [CERTIFICATE]
//
// Every letter becomes a line of JSON in the file MAILS. Whoever is called "gone" does not exist, and "busy" is busy. With CERTIFICATE the
// server takes letters over STARTTLS only, from "loa" with the password "bí mật", and the file gets the certificate to trust.
"use strict";

const fs = require("node:fs");
const { simpleParser } = require("mailparser");
const selfsigned = require("selfsigned");
const { SMTPServer } = require("smtp-server");

const [port, mails, certificate] = process.argv.slice(2);

function refused(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

async function options() {
  if (!certificate) {
    return { disabledCommands: ["STARTTLS", "AUTH"], authOptional: true };
  }
  const pair = await selfsigned.generate([{ name: "commonName", value: "127.0.0.1" }], {
    keySize: 2048,
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
  fs.writeFileSync(certificate, pair.cert);
  return {
    key: pair.private,
    cert: pair.cert,
    onAuth({ username, password }, session, done) {
      const known = session.secure && username === "loa" && password === "bí mật";
      done(known ? null : refused(535, "unknown name or password"), { user: username });
    },
  };
}

async function main() {
  const server = new SMTPServer({
    ...(await options()),
    onRcptTo({ address }, session, done) {
      const name = address.split("@")[0];
      if (name === "gone") return done(refused(550, "no such mailbox"));
      if (name === "busy") return done(refused(451, "try again later"));
      done();
    },
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        const line = {
          from: mail.from.text,
          to: session.envelope.rcptTo.map((to) => to.address),
          subject: mail.subject,
          text: mail.text,
          automatic: mail.headers.get("auto-submitted"),
          secure: session.secure,
        };
        fs.appendFileSync(mails, `${JSON.stringify(line)}\n`);
        done();
      }, done);
    },
  });
  server.on("error", (error) => console.error(String(error)));
  server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
}

main();
