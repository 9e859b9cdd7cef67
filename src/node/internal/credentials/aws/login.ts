/** AWS's provider for login sessions, in a chunk of its own. */
export { fromLoginCredentials } from "@aws-sdk/credential-provider-login"
