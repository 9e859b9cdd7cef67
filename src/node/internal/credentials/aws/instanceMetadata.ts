/** AWS's provider for the metadata service of an instance, in a separate chunk. */
export { fromInstanceMetadata } from "@smithy/credential-provider-imds"
