using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>Sends requests over one connection pool and turns refusals into exceptions.</summary>
internal sealed class KubeTransport : IDisposable
{
    private const int LongestError = 1 << 20;
    private readonly HttpClient http;
    private readonly TlsTrust? trust;
    private readonly BearerToken? token;
    private readonly string? serverName;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;

    public KubeTransport(KubeConfig config, KubeClientOptions options)
    {
        serverName = config.TlsServerName;
        timeout = options.Timeout;
        time = options.Time;
        token = BearerToken.From(config, time);
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            AutomaticDecompression = DecompressionMethods.GZip,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            // A watch that is given up is closed, not read on in the hope of its end.
            ResponseDrainTimeout = TimeSpan.Zero,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            // A peer that vanished without a word is noticed within about 45 s, also by an idle watch.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (config.Server.Scheme == Uri.UriSchemeHttps)
        {
            trust = new TlsTrust(config);
            handler.SslOptions = trust.ClientOptions();
        }

        http = new HttpClient(handler, disposeHandler: true)
        {
            BaseAddress = new Uri(config.Server.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = config.Server.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd(options.UserAgent);
    }

    /// <summary>Sends, and reads the answer as JSON.</summary>
    public Task<T> SendAsync<T>(KubeRequest request, JsonTypeInfo<T> type, CancellationToken cancel) => SendAsync(
        request,
        async (stream, token) => await JsonSerializer.DeserializeAsync(stream, type, token).ConfigureAwait(false) ?? throw new JsonException($"{request.Method} {request.Path}: the answer is null"),
        cancel);

    /// <summary>Any request; returns what is read of the body of a successful answer. The time limit is for all of it.</summary>
    public async Task<T> SendAsync<T>(KubeRequest request, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var limit = new RequestLimit(timeout, time, cancel);
        try
        {
            using var response = await SendHeadAsync(request, limit.Token).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return await read(stream, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (limit.IsExceeded)
        {
            throw new TimeoutException($"{request.Method} {request.Path}: no answer within {timeout.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>Sends, and returns the answer's body.</summary>
    public async Task<byte[]> SendAsync(KubeRequest request, CancellationToken cancel)
    {
        using var limit = new RequestLimit(timeout, time, cancel);
        try
        {
            using var response = await SendHeadAsync(request, limit.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsExceeded)
        {
            throw new TimeoutException($"{request.Method} {request.Path}: no answer within {timeout.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>Sends, and returns the answer's body to be read as it comes. Only the head has a time limit.</summary>
    public async Task<Stream> OpenAsync(KubeRequest request, CancellationToken cancel)
    {
        using var limit = new RequestLimit(timeout, time, cancel);
        HttpResponseMessage response;
        try
        {
            response = await SendHeadAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsExceeded)
        {
            throw new TimeoutException($"{request.Method} {request.Path}: no answer within {timeout.TotalSeconds:0.#} s", e);
        }

        return new ResponseStream(response, await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false));
    }

    public void Dispose()
    {
        http.Dispose();
        trust?.Dispose();
    }

    private async Task<HttpResponseMessage> SendHeadAsync(KubeRequest request, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(request.Method, request.Path)
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        // SocketsHttpHandler takes the name it asks and checks for in TLS from here.
        message.Headers.Host = serverName;
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(request.Accept));
        if (token is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await token.GetAsync(cancel).ConfigureAwait(false));
        }

        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }

        var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(request, response, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<KubeApiException> RefusalAsync(KubeRequest request, HttpResponseMessage response, CancellationToken cancel)
    {
        var body = await ReadSomeAsync(response.Content, cancel).ConfigureAwait(false);
        var status = StatusOf(body) ?? new Status
        {
            State = "Failure",
            Reason = response.StatusCode.ToString(),
            Message = $"{request.Method} {request.Path}: {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd(),
        };
        status.Code ??= (int)response.StatusCode;
        var after = response.Headers.RetryAfter?.Delta;
        return new KubeApiException(status, after > TimeSpan.Zero ? after : null);
    }

    private static Status? StatusOf(byte[] body)
    {
        try
        {
            return KubeJson.Deserialize<Status>(body) is { Kind: "Status", State: not null } status ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadSomeAsync(HttpContent content, CancellationToken cancel)
    {
        var stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        var buffer = new byte[4096];
        var length = 0;
        while (length < LongestError)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var count = await stream.ReadAsync(buffer.AsMemory(length), cancel).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            length += count;
        }

        return buffer[..length];
    }
}
