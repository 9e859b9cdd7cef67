/** AWS's provider for profiles of the shared files, in a chunk of its own. */
export { fromIni } from "@aws-sdk/credential-provider-ini"
