/** AWS's provider for web identity tokens, in a chunk of its own. */
export { fromTokenFile } from "@aws-sdk/credential-provider-web-identity"
