/** AWS's provider for environment variables, in a chunk of its own. */
export { fromEnv } from "@aws-sdk/credential-provider-env"
