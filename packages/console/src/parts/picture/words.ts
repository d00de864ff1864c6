// Words about pictures, wherever they are shown.

import { defineWords } from '../../words/words.ts';

export const pictureWords = defineWords({
  en: {
    gone: 'This picture is no longer there.',
    title: 'Picture · {width} × {height}',
    titleOfMany: 'Picture {at} of {count} · {width} × {height}',
    previous: 'Previous picture',
    next: 'Next picture',
    position: '{at} of {count}',
    fit: 'Fit',
    zoomIn: 'Larger',
    zoomOut: 'Smaller',
    original: 'Original size, 1:1',
    scale: '{percent} %',
    useAsInput: 'Use as input',
    details: 'Details',
    frame: 'Picture. Arrow keys show the previous or the next one; plus, minus and 0 change the size.',
  },
  zh: {
    gone: '这张图片已不存在。',
    title: '图片 · {width} × {height}',
    titleOfMany: '第 {at} 张，共 {count} 张 · {width} × {height}',
    previous: '上一张',
    next: '下一张',
    position: '第 {at} 张，共 {count} 张',
    fit: '适应窗口',
    zoomIn: '放大',
    zoomOut: '缩小',
    original: '原始大小，1:1',
    scale: '{percent}%',
    useAsInput: '用作输入',
    details: '详情',
    frame: '图片。方向键切换上一张或下一张；加号、减号和 0 调整大小。',
  },
});
