/** AWS's provider for web identity tokens, in a separate chunk. */
export { fromTokenFile } from "@aws-sdk/credential-provider-web-identity"
