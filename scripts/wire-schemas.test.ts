import { expect, test } from 'vitest';
import { joinSchemas } from '../packages/server/src/http/openapi/components.ts';
import { withNames } from './wire-schemas.ts';

const object = (member: string) => ({ type: 'object', properties: { [member]: { type: 'string' } } });
const of = (type: string) => ({ $ref: `#/definitions/${type}` });

test('a type has the name of its member in the document, wherever it is referred to', () => {
  const types = { Owner: object('name'), List: { type: 'object', properties: { first: of('Owner') } } };
  expect(withNames(types, [['OwnerData', of('Owner')]])).toEqual({
    OwnerData: object('name'),
    List: { type: 'object', properties: { first: { $ref: '#/components/schemas/OwnerData' } } },
  });
});

test('a schema that would replace another of its name is refused, and one that is equal is not', () => {
  const types = { Owner: object('name'), OwnerData: object('id') };
  expect(() => withNames(types, [['OwnerData', of('Owner')]])).toThrow('would be called OwnerData');
  expect(() => withNames(types, [['Owner', object('other')]])).toThrow('would be called Owner');
  expect(() => joinSchemas([['Owner', object('name')]], [['Owner', object('id')]])).toThrow(
    'http/openapi/answer-types.ts',
  );
  expect(joinSchemas([['Owner', object('name')]], [['Owner', object('name')]])).toEqual({
    Owner: object('name'),
  });
});

test('a type that two members name is refused: it would have one of their names', () => {
  const types = { Owner: object('name') };
  expect(() =>
    withNames(types, [
      ['FirstData', of('Owner')],
      ['Second', of('Owner')],
    ]),
  ).toThrow('The type Owner would be called FirstData and Second');
});
