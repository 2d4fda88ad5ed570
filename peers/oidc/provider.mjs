// A certified OpenID provider on loopback, for the peer test of people/oidc:
//
//   node provider.mjs https://portcullis.example/back
//
// prints its issuer as one line of JSON and serves until its standard input ends. Anybody signs in with any
// password through the provider's own forms. There is one client for each algorithm of ID tokens, named after
// it, and one without a secret, named public. Addresses and names are told by userinfo alone, which is the
// provider's default and the letter of the standard.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [back] = process.argv.slice(2);
const secret = 'a secret: with / and %';

const key = (type, options) => generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
const keys = [
  { use: 'sig', ...key('rsa', { modulusLength: 2048 }) },
  { use: 'sig', ...key('ec', { namedCurve: 'P-256' }) },
  { use: 'sig', ...key('ed25519') },
];

const client = { redirect_uris: [back], post_logout_redirect_uris: [back] };
const clients = ['RS256', 'PS256', 'ES256', 'EdDSA'].map((algorithm) => (
  { ...client, client_id: algorithm, client_secret: secret, id_token_signed_response_alg: algorithm }
));
clients.push({ ...client, client_id: 'public', token_endpoint_auth_method: 'none' });

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    cookies: { keys: ['of one run'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@harbour.example`, email_verified: true, name: 'Ada Merrow' }),
    }),
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ issuer }));
});

process.stdin.on('end', () => process.exit(0)).resume();
