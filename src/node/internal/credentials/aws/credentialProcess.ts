/** AWS's provider for `credential_process`, in a chunk of its own. */
export { fromProcess } from "@aws-sdk/credential-provider-process"
