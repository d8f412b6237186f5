// The provider of identities of tests: oidc-provider as it is, with the people that a file names. It keeps nothing.
// Called with the path of a JSON file: {port, client, secret, back, people: {LOGIN: claims}, isConform}.
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const told = JSON.parse(readFileSync(process.argv[2], "utf8"));
const provider = new Provider(`http://127.0.0.1:${told.port}`, {
  clients: [
    {
      client_id: told.client,
      client_secret: told.secret,
      redirect_uris: told.back,
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
  conformIdTokenClaims: told.isConform,
  findAccount: (_, id) =>
    id in told.people ? { accountId: id, claims: async () => ({ sub: id, ...told.people[id] }) } : undefined,
  cookies: { keys: ["of a test"] },
});
provider.listen(told.port, "127.0.0.1", () => console.log("listening"));
