// Sizes of tests that take long: the whole ones are run by `npm run chaos`, and the smaller ones by `npm test`.

export function ofTestSize<Size>(whole: Size, small: Size): Size {
  return process.env['PLANTAIN_TEST_SIZE'] === 'whole' ? whole : small;
}
