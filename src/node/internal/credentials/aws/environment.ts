/** AWS's provider for environment variables, in a separate chunk. */
export { fromEnv } from "@aws-sdk/credential-provider-env"
