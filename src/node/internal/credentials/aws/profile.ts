/** AWS's provider for profiles of the shared files, in a separate chunk. */
export { fromIni } from "@aws-sdk/credential-provider-ini"
