import { expect, test } from 'vitest';
import { saysRefused } from './refusal-words.ts';

test.each([
  'Your request was rejected by the safety system. If you believe this is an error, contact us. safety_violations=[sexual].',
  'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
  'Your task failed as a result of our safety system.',
  'This request has been blocked by our content filters.',
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
  'Generated image rejected by content moderation.',
  'Content violates usage guidelines. Team: 1-2-3, API key ID: 4-5, Model: grok-3, Failed check: SAFETY_CHECK_TYPE_VIOLENCE',
  'Gemini image generation blocked [IMAGE_SAFETY]: The generated image was blocked due to safety policy violation, please modify your prompt and try again',
  "The image was filtered out because it violated Google's Generative AI Prohibited Use policy.",
  'NSFW content detected. Try running it again, or try a different prompt.',
  'The request failed because the input text may contain sensitive information.',
  'Input data may contain inappropriate content.',
  'The input or output was flagged as sensitive. Please try again with different inputs. (E005)',
  'Content policy violation.',
  'Request Moderated',
  'Image moderation failed',
  'Potential unsafe content was found in the prompt',
  'This image cannot be generated for safety reasons.',
  'The prompt did not pass the moderation.',
  'input new_sensitive',
  'output_moderation',
  'SENSITIVE_WORD_ERROR',
  'Post Img Risk Not Pass',
  'litellm.BadRequestError: litellm.ContentPolicyViolationError: OpenAIException - No.',
  '提示词包含敏感词，请修改后重试',
  '图片违规',
])('%j refuses the content', (words) => {
  expect(saysRefused({ words })).toBe(true);
});

test.each([
  'contentFilter',
  'content_filter',
  'moderation_blocked',
  'content_policy_violation',
  'ResponsibleAIPolicyViolation',
  'InputTextSensitiveContentDetected',
  'OutputImageSensitiveContentDetected',
  'DataInspectionFailed',
  'PUBLIC_ERROR_UNSAFE_GENERATION',
  'IMAGE_SAFETY',
  'PROHIBITED_CONTENT',
  'sensitive_words_detected',
])('the code %s does, whatever stands beside it', (code) => {
  expect(saysRefused({ codes: ['400', code], words: 'No.' })).toBe(true);
});

test.each([
  'safety_tolerance must be between 0 and 6',
  'safety_tolerance: Input should be less than or equal to 6',
  "Invalid value: 'none'. Supported values are: 'auto' and 'low' for moderation.",
  "Unknown parameter: 'moderation'.",
  'moderation must be one of auto, low; it contains none',
  'The parameter safety_filter_level is not allowed for this model',
  'Extra inputs are not permitted: moderation',
  'enable_safety_checker is not permitted',
  'moderation',
  'moderation_level',
  'Your account has been blocked due to violation of our terms of service.',
  'The content moderation service is temporarily unavailable',
  'Safety check failed: upstream timed out',
  'Your account was suspended because it violated our usage policies.',
  'This API key was disabled for violating the terms of service',
  "Invalid size '576x1024'.",
  'The image contains no alpha channel',
  'Rate limit reached for images.',
  'Billing hard limit has been reached',
  'The model produced an empty answer',
  'The model nsfw-xl was not found',
  '参数 moderation 不合法',
  '',
])('%j does not', (words) => {
  expect(saysRefused({ codes: ['invalid_value', 'invalid_request_error', ''], words })).toBe(false);
});
