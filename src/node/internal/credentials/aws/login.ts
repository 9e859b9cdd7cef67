/** AWS's provider for login sessions, in a separate chunk. */
export { fromLoginCredentials } from "@aws-sdk/credential-provider-login"
