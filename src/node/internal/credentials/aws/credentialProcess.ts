/** AWS's provider for `credential_process`, in a separate chunk. */
export { fromProcess } from "@aws-sdk/credential-provider-process"
