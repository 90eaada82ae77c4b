// An OpenID Connect provider: node identity-provider.mjs PORT RETURN_URL
//
// Whoever comes is the person that POST /control named last ({"account", "email", "verified"}). {"rotate": true} makes the provider sign with
// another key and forget the one before; {"tamper": WORD} makes its next tokens wrong in that way, as somebody on the way would.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { Provider } from "oidc-provider";

const [port, returnUrl] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const secret = "a secret & 100% + of both";

let person = { account: "lan", email: "lan@tinh.vn", verified: true };
let tamper = "";
let key;
let answer;

async function newKey(kid) {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid, use: "sig", alg: "RS256" };
  return { privateKey, jwk, kid };
}

// The claims of a token, signed again with what makes it wrong.
async function tampered(token) {
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const now = Math.floor(Date.now() / 1000);
  const changes = {
    nonce: { nonce: "another" },
    "no nonce": { nonce: undefined },
    audience: { aud: "another" },
    "two audiences": { aud: ["loa", "another"] },
    issuer: { iss: "https://id.elsewhere.example" },
    expired: { exp: now - 120 },
    old: { iat: now - 3600, exp: now + 3600 },
    future: { iat: now + 600, exp: now + 3600 },
    "clock behind": { iat: now - 30, exp: now - 30 },
    "clock ahead": { iat: now + 30, exp: now + 3600 },
  };
  const written = { ...claims, ...changes[tamper] };
  if (tamper === "no signature") return new UnsecuredJWT(written).encode();
  if (tamper === "shared secret") {
    const shared = new TextEncoder().encode(secret);
    return new SignJWT(written).setProtectedHeader({ alg: "HS256" }).sign(shared);
  }
  const strange = tamper === "strange key" ? await newKey(key.kid) : key;
  const kid = tamper === "unknown key" ? "unknown" : key.kid;
  return new SignJWT(written).setProtectedHeader({ alg: "RS256", kid }).sign(strange.privateKey);
}

async function start() {
  key = await newKey(`key-${Date.now()}-${Math.random()}`);
  const provider = new Provider(issuer, {
    clients: [{ client_id: "loa", client_secret: secret, redirect_uris: [returnUrl] }],
    jwks: { keys: [key.jwk] },
    cookies: { keys: ["of a test"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (ctx, interaction) => `/enter/${interaction.uid}` },
    async findAccount(ctx, id) {
      const claims = { sub: id, email: person.email, email_verified: person.verified };
      return { accountId: id, claims: async () => claims };
    },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith("/enter/")) {
      const result = { login: { accountId: person.account, remember: false } };
      await provider.interactionFinished(ctx.req, ctx.res, result);
      ctx.respond = false;
      return;
    }
    await next();
    if (ctx.path === "/token" && ctx.body?.id_token && tamper) {
      ctx.body.id_token = await tampered(ctx.body.id_token);
    }
  });
  answer = provider.callback();
}

async function control(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const asked = JSON.parse(Buffer.concat(parts));
  if (asked.account) person = asked;
  if (asked.tamper !== undefined) tamper = asked.tamper;
  if (asked.rotate) await start();
  response.end("done");
}

await start();
createServer((request, response) =>
  request.url === "/control" ? control(request, response) : answer(request, response),
).listen(Number(port), "127.0.0.1", () => console.log("listening"));
