/** Whether a number can be a status code. Any other number in an error can repeat a value of the request. */
export const isStatus = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 1_000
