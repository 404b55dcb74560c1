// What a program with npm's acme-client does: npm.js open|obtain|revoke|leave. The cell is told by the environment.
'use strict';
const { createHash } = require('crypto');
const { execFileSync } = require('child_process');
const fs = require('fs');
const net = require('net');
const acme = require('acme-client');

const { answer, cell, challenge: method, directory, key: kind, eab_kid: kid, eab_key: hmacKey } = process.env;
const names = process.env.names.split(' ');

async function accountKey(file) {
  if (!fs.existsSync(file)) fs.writeFileSync(file, await acme.crypto.createPrivateEcdsaKey());
  return fs.readFileSync(file);
}

async function leafKey() {
  if (kind === 'rsa-2048') return acme.crypto.createPrivateRsaKey(2048);
  return acme.crypto.createPrivateEcdsaKey(kind === 'ec-p384' ? 'P-384' : 'P-256');
}

async function prove(client, authorization) {
  const challenge = authorization.challenges.find((c) => c.type === method);
  let proof = await client.getChallengeKeyAuthorization(challenge);
  if (method === 'tls-alpn-01') proof = createHash('sha256').update(proof).digest('base64url');
  execFileSync(answer, [method, authorization.identifier.value, challenge.token, proof]);
  await client.completeChallenge(challenge);
  await client.waitForValidStatus(challenge);
}

async function obtain(client) {
  const identifiers = names.map((value) => ({ type: net.isIP(value) ? 'ip' : 'dns', value }));
  const order = await client.createOrder({ identifiers });
  for (const authorization of await client.getAuthorizations(order)) await prove(client, authorization);
  const [key, csr] = await acme.crypto.createCsr({ altNames: names }, await leafKey());
  const chain = await client.getCertificate(await client.finalizeOrder(order, csr));
  fs.writeFileSync(`${cell}/key.pem`, key);
  fs.writeFileSync(`${cell}/chain.pem`, chain);
}

async function main(verb) {
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey: await accountKey(`${cell}/account.pem`),
    externalAccountBinding: kid ? { kid, hmacKey } : undefined,
    backoffMin: 100,
    backoffMax: 1000,
  });
  await client.createAccount({ termsOfServiceAgreed: true, contact: ['mailto:ops@app.test'] });
  if (verb === 'obtain') await obtain(client);
  if (verb === 'revoke') await client.revokeCertificate(fs.readFileSync(`${cell}/chain.pem`), { reason: 4 });
  if (verb === 'leave') {
    await client.updateAccountKey(await acme.crypto.createPrivateEcdsaKey('P-384'));
    await client.updateAccount({ status: 'deactivated' });
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
