import { defineWords } from './words.ts';

export const secretWords = defineWords({
  en: {
    saved: 'I have saved it',
    notSaved: 'It is shown only now. Copy it to where it is needed, then press “I have saved it”.',
  },
  zh: {
    saved: '我已保存',
    notSaved: '它只显示这一次。请先复制并保存，再点击“我已保存”。',
  },
});
