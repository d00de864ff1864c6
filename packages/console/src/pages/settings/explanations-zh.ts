// The settings that the page knows, in its groups, each with its explanation in Chinese. In English the page shows the server's own text,
// which also stands in docs/settings.md; a setting that is not here is explained in English, in the last group. Code stands between
// backquotes. scripts/settings-words.test.ts holds that no setting of this version is missing, and none is here that there is not.

/** The page shows the groups in this order, and in each the settings in the server's. */
export const explanationsZh = {
  server: {
    host: '监听的地址。`0.0.0.0` 或 `::` 表示所有网络接口。',
    port: '监听的端口；0 表示使用任意空闲端口。',
    metrics_port:
      '提供 `/metrics` 的单独端口，能访问该端口的人都可以读取，不需要密钥；0 表示使用任意空闲端口。默认：只在 `port` 上提供，需要具有 metrics 权限的密钥。',
    metrics_host: '`metrics_port` 监听的地址。',
    metrics_owner_groups:
      '所有者的分组，指标按组统计任务等待的时间，例如 `own_1a2b3c: paying`：所有者（或没有所有者的密钥）的 id，以及组名，最多 20 个组。其余的属于 `other` 组。',
    public_url: '结果链接的开头部分，即客户端访问这台服务器的地址。默认为监听地址。',
    data_dir: '存放数据库、图片和链接签名密钥的目录。',
    database_url:
      'PostgreSQL 数据库的地址：`postgres://user:password@host:port/name`，存放图片以外的一切。默认：数据目录中的嵌入式数据库。',
    database_listen_url:
      '同一数据库的地址，但不经过在每个事务后转让连接的连接池（事务模式的 PgBouncer），供接收变更通知的那一个连接使用；没有这样的途径时填 `none`，此时每秒查询一次其他服务器的变更。默认：`database_url`。',
    single_node: '表示没有其他服务器使用该 PostgreSQL 数据库，因此图片可以存放在数据目录中。',
    role: '多台服务器共用一个 PostgreSQL 数据库时，本服务器承担的工作：`api` 响应客户端，`worker` 执行任务、投递 webhook 并清理到期内容，`all` 两者都做。',
    auth: '`open` 表示不使用 API 密钥：任何能访问此端口的人，通过 IP 地址、`localhost` 或 `public_url`、`host` 中的主机名，都可以使用服务器。',
    admin_key: '管理员的 API 密钥。不设置时，首次启动会自动生成一个。',
    query_keys:
      '是否接受三个状态查询以及 /gemini 下的调用在查询字符串中携带的密钥，供只能这样发送密钥的程序使用；管理员密钥一律不接受。代理的日志会留下这样的密钥。',
    trusted_proxies: '这台服务器前面有多少个反向代理会在 X-Forwarded-For 中追加地址。',
    shutdown_grace_seconds: '停止服务器时，等待正在执行的任务多久；超时的任务会放回队列。',
    log_level: '输出到 stderr 的日志事件的最低级别。',
    traces:
      '是否通过 OpenTelemetry 发送追踪（HTTP 上的 OTLP）。发送到哪里由标准环境变量 `OTEL_EXPORTER_OTLP_*` 决定；未设置时为 `http://localhost:4318`。',
    log_format:
      '日志的格式：`json` 每行一个对象，供程序读取；`pretty` 供人阅读；`auto` 在 stderr 是终端时为 `pretty`，否则为 `json`。',
  },
  tasks: {
    default_model: '请求没有指定模型时使用的模型。',
    model_names:
      '客户端发送的其他模型名称，每个名称对应一个模型，例如 `dall-e-3: nano-banana-pro`。它们优先于其他所有名称；内置的名称见文档 faces.md。',
    concurrency: '同时执行的任务数。',
    max_pending: '允许排队的任务数；超过后，提交会得到 503。',
    idempotency_lifetime_seconds: '用相同的 `Idempotency-Key` 再次提交时，在多长时间内返回第一次的结果。',
    deadline_seconds: '请求没有指定时，任务的超时时间（秒）：提交后到时仍未结束的任务失败。',
    max_deadline_seconds: '请求可以指定的最长超时时间（秒）。',
    max_batch_deadline_seconds:
      '批次中的请求可以指定的最长超时时间（秒）；其他 API 的批次以其完成期限作为超时时间，也以此为限。如果 `max_deadline_seconds` 更长，则以后者为准。',
    max_tries: '任务最多尝试几次，之后即为最终失败。',
    retry_base_ms: '第二次尝试之前的等待时间，之后每次加倍。',
    retry_max_ms: '两次尝试之间最长的等待时间，除非上游要求等待更久。',
    lease_ms: '执行中的任务多久没有收到其执行者的心跳，就会被收回。',
    task_lifetime_seconds: '任务结束后，任务记录保留多长时间；如果图片保留得更久，记录也会一直保留。',
    unknown_retries: '调用发出后连接中断、结果不明的任务，最多再试几次。每次重试都可能再次计费。',
    unread_answer_retries:
      '上游返回了完整的响应却无法使用，或图片无法取回时，任务最多再试几次。每次重试多半会再次计费。',
    not_as_asked:
      '图片的比例或尺寸与请求不符，或整张全黑、全透明时怎么办：只给任务加一条警告（`warn`），或同时立即改向路由中下一个此刻有空位的上游请求（`next_upstream`）。每次这样的调用都会计费；没有更好的图片时，仍交付已有的那张。',
    unread_answer_bytes:
      '上游的响应无法使用时，为运维人员保留其中多少字节的文本，不含密钥和提示词；0 表示不保留这类响应。',
    unread_answer_text:
      '是否向运维人员显示所保留的无法使用的响应的文本。否则只显示状态、标头、长度、哈希以及各成员的名称和类型。别的密钥的任务先由 `operator_sees` 决定。',
    operation_patience_seconds: '轮询上游作业，或获取其已生成的图片，持续失败多久之后，任务失败。',
  },
  requests: {
    max_waiting_per_key:
      '每个密钥最多可以同时打开多少个长轮询和事件流；超过后返回 429。别人通过它的链接打开的事件流另外计数，上限相同，每个任务最多 20 个。',
    owners:
      '在设置中声明的所有者，成员为 `id`、`name`、`weight`、`shared`、`limits`、`budget`；含义见文档 keys.md。',
    keys: '在设置中声明的 API 密钥，成员为 `id`、以 `hash` 给出的密钥 SHA-256，以及 `name`、`owner`、`scopes`、`models`、`networks`、`priority_max`、`expires_at`、`limits`、`budget`；含义见文档 keys.md。',
    key_limits:
      '没有自己同名限制的每个密钥的限制：`submits_per_minute`、`queries_per_minute`、`running`、`waiting`、`pictures_per_day`、`stored_bytes`、`reserved_micro_usd`；含义见文档 limits.md。在环境变量中为 JSON。',
    owner_limits:
      '没有自己同名限制的每个所有者的限制，成员与 `key_limits` 相同。对没有所有者的密钥，`key_limits` 未提及的成员也按此处限制。',
    key_budget:
      '没有自己预算的每个密钥的预算：`period`（`day`、`month` 或 `total`）、`amount_micro_usd`、`time_zone`（默认 `UTC`）。在环境变量中为 JSON。',
    owner_budget:
      '没有自己预算的每个所有者的预算，成员与 `key_budget` 相同。没有 `key_budget` 时，对没有所有者的密钥也有效。',
    prompt_max_characters: '提示词的最大长度（字符数）。',
    max_body_bytes: '请求体的最大大小。',
  },
  inputs: {
    max_picture_bytes: '一张输入图片的最大大小。',
    max_picture_pixels: '一张输入图片最多可以有多少像素。',
    heic: '是否接受 HEIC（iPhone 拍的照片）。它的编码 H.265 在一些国家受专利保护；关闭后，这类图片会被拒绝，并说明应当发送什么。',
    fetch_inputs:
      '何时下载链接指向的图片：`run` 为执行任务时；`accept` 为返回提交结果之前，此时响应会指出每一个无法取得的链接。无论哪种方式，下载的副本都供之后的每次尝试使用。',
    fetch_timeout_seconds: '下载一张输入图片最多可以用多长时间。',
    fetch_concurrency: '同时下载的链接数。',
    fetch_concurrency_per_address: '同一地址最多同时下载多少个链接。',
  },
  links: {
    allowed_private_hosts:
      '允许链接指向的内网主机：主机名、地址或网段，都可以附带端口，该端口随之开放。DNS 查不到的主机要按名称列出。其他链接只能访问公网地址。',
    link_ports: '允许链接使用的端口；内网主机附带的端口不必再列在这里。',
    link_proxy:
      '用户的链接和 webhook 是否也经过代理。`none`：直接连接。`by_address`：域名在本机解析并检查，再请代理连接该地址。`by_name`：请代理连接域名，此时只有代理能阻止链接访问内网主机。',
  },
  results: {
    picture_lifetime_seconds: '任务结束后，结果图片及其链接保留多长时间。',
    input_lifetime:
      '任务的输入图片保留多久：`needed` 为保留到最长超时时间结束；`result` 为再多保留 `picture_lifetime_seconds`，以便任务可以重新运行。默认：`result`；早于此设置的安装为 `needed`。',
    file_lifetime_seconds: '请求没有指定时，上传的文件及其链接保留多长时间。',
    prompt_lifetime_seconds:
      '任务结束后，提示词保留多长时间；提示词删除后，任务不能再重试。默认：与任务记录一样久。',
    max_picture_lifetime_seconds: '请求最多可以用 `expires_in_seconds` 要求保留多长时间。',
    picture_metadata: '是否把提示词、模型和任务 id 写入结果图片的元数据。写入后，任何拿到图片的人都能读到。',
  },
  storage: {
    picture_store:
      '图片存放的位置：`disk` 为数据目录；`shared` 为 `pictures_dir` 目录，同一数据库上的所有服务器都挂载它；`s3` 为 S3 或兼容 S3 的服务器上的存储桶。',
    pictures_dir:
      '`picture_store` 为 `shared` 时存放图片的目录，此时必须设置。服务器不会自动创建该目录，因为它可能尚未挂载。',
    s3_bucket: '存储桶的名称。`picture_store` 为 `s3` 时必须设置。',
    s3_region: '存储桶所在的区域；Cloudflare R2 用 `auto`。',
    s3_endpoint: '使用亚马逊以外、兼容 S3 的服务器时，它的地址。',
    s3_path_style:
      '存储桶名称放在路径中（`true`）还是主机名中（`false`）。`auto`：设置了 `s3_endpoint` 时放在路径中。',
    s3_prefix: '所有对象名称的前缀。该前缀之下的内容只供这台服务器使用。',
    s3_access_key_id: '与 `s3_secret_access_key` 一起用于对调用签名。默认使用 AWS 通常的环境变量和文件。',
    s3_secret_access_key: '与 `s3_access_key_id` 配套的密钥。',
    s3_links:
      '`redirect`：打开图片链接时，跳转到存储桶自己的签名链接。`proxy`：图片由这台服务器转发；缩小的尺寸和其他格式总是如此。',
    min_free_disk_bytes: '数据目录必须保留的剩余空间；低于此值时，提交会得到 503，也不会开始执行任务。',
  },
  upstreams: {
    https_proxy:
      '以 https 调用上游时使用的代理，写作 `http://user:password@host:port`；环境变量也可以用小写。默认使用 `http_proxy` 的代理。',
    http_proxy: '以 http 调用上游时使用的代理。',
    no_proxy:
      '不经过代理、直接调用的主机：域名（包括其下所有子域名）、地址或网段，都可以附带端口；`*` 表示全部。本机始终直接调用。',
    sandbox_duration_ms: '沙盒生成一张图片所用的时间。',
    gemini_api_key: '一个或多个 Gemini API 密钥；设置后即有上游 `gemini`。',
    gemini_base_url: '上游 `gemini` 的地址。默认为 Google。',
    openai_api_key: '一个或多个 OpenAI API 密钥；设置后即有上游 `openai`。',
    openai_base_url:
      '上游 `openai` 的地址，包括版本，例如 `http://localai:8080/v1`。即使没有密钥，设置后也有这个上游。默认为 OpenAI。',
    nano_banana_api_key: '一个或多个 nano-banana 任务 API 的密钥；与地址一起设置后即有上游 `nano-banana`。',
    nano_banana_base_url: '上游 `nano-banana` 的地址：另一台 Plantain，或提供同一 API 的其他服务。',
    fal_key: '一个或多个 fal 密钥；设置后即有上游 `fal`。',
    replicate_api_token: '一个或多个 Replicate 令牌；设置后即有上游 `replicate`。',
    upstreams: '在哪里生成图片，以及各上游的密钥和限额；各字段见上游说明。',
    routes: '一个模型由哪些上游提供，以及先后顺序；各字段见上游说明。',
    prices: '各模型在上游的价格，优先于自带的价目表；各字段见上游说明。',
    selling_prices:
      '任务所有者为每张图片支付的价格（美元），按模型设置，可不分尺寸或按尺寸；示例见文档 money.md。未设置时，所有者支付上游的成本；只设置了部分尺寸时，其余尺寸也是如此。',
    unpriced:
      '密钥或所有者有预算（或预留金额上限）时，是否接受价格未知的模型的任务：`refuse` 拒绝，`allow` 接受。',
    unknown_outcomes:
      '任务失败且不知道上游是否计费时，结束一天后由谁承担：运营者（`absorb`），或任务所有者按预留金额承担（`charge`）。',
    failed_but_billed:
      '上游对没有得到图片的调用收取的费用由谁承担：运营者（`absorb`），或任务所有者（`charge`）。',
  },
  webhooks: {
    webhook_timeout_seconds: 'Webhook 接收方最多可以用多长时间响应。',
    webhook_retry_seconds: '事件发生后，在多长时间内会重试失败的 Webhook。',
    webhook_disable_after_seconds:
      'Webhook 端点连续投递失败多久（其间没有一次成功，也没有一整天没有失败）后，就会被停用。',
    operator_sees:
      '管理员密钥能看到其他密钥的任务多少内容：nothing 什么都看不到；records 只看记录（状态、模型、费用、时间、调用）；everything 连提示词和图片也能看到。每个密钥都能在 /api/me 查到这一设置，每次查看都会写入审计日志。',
    audit_lifetime_seconds: '审计日志的每条记录保留多长时间。',
    delivery_lifetime_seconds: 'Webhook 投递结束后，投递记录保留多长时间。',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;
