// Folders of the picture store, with which the keys of pictures begin. The others are named where what they hold is made.

export const inputsFolder = 'inputs';
export const resultsFolder = 'results';
