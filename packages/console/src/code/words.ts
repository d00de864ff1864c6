import { defineWords } from '../words/words.ts';

export const codeWords = defineWords({
  en: {
    title: 'Code for this request',
    open: 'Get code',
    language: 'Language',
    curl: 'curl',
    javascript: 'JavaScript',
    python: 'Python',
    cli: 'Command',
    key: 'It takes the key from the environment variable PLANTAIN_API_KEY, and writes the picture to a file in its folder.',
    run_curl: 'Paste it into a POSIX shell. It needs curl 7.74 or newer.',
    run_javascript:
      'Save it as picture.mjs and run: node picture.mjs. It needs Node 20 or newer, and no packages.',
    run_python:
      'Save it as picture.py and run: python3 picture.py. It needs Python 3.8 or newer, and no packages.',
    run_cli: 'Paste it into a POSIX shell. It needs Node 20 or newer; npx gets the command from this server.',
    many: 'This makes one picture. The page sends it {count} times, each with a seed of its own where the model takes one.',
    links: 'The links to the input pictures work for a limited time.',
    noCallback: 'The command waits by itself: the callback_url is left out.',
  },
  zh: {
    title: '这个请求的代码',
    open: '获取代码',
    language: '语言',
    curl: 'curl',
    javascript: 'JavaScript',
    python: 'Python',
    cli: '命令',
    key: '密钥取自环境变量 PLANTAIN_API_KEY，图片写入运行目录下的文件。',
    run_curl: '粘贴到 POSIX shell 中运行，需要 curl 7.74 或更新版本。',
    run_javascript:
      '保存为 picture.mjs，然后运行：node picture.mjs。需要 Node 20 或更新版本，无需安装任何包。',
    run_python:
      '保存为 picture.py，然后运行：python3 picture.py。需要 Python 3.8 或更新版本，无需安装任何包。',
    run_cli: '粘贴到 POSIX shell 中运行，需要 Node 20 或更新版本；npx 会从本服务器获取命令。',
    many: '这段代码生成一张图片。页面会发送 {count} 次；模型支持种子时，每次使用不同的种子。',
    links: '输入图片的链接只在一段时间内有效。',
    noCallback: '命令会自己等待结果，因此不含 callback_url。',
  },
});
