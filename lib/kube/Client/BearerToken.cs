namespace Podwire.Kube;

/// <summary>A token, or a file with one that is read again every minute, because such tokens are renewed on disk.</summary>
internal sealed class BearerToken
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    private readonly string? file;
    private readonly TimeProvider time;
    private volatile Reading? last;

    private BearerToken(string? file, string? token, TimeProvider time)
    {
        this.file = file;
        this.time = time;
        last = token is null ? null : new Reading(token, default);
    }

    /// <summary>The token of a configuration; its file wins over a token that is also given, as in client-go.</summary>
    public static BearerToken? From(KubeConfig config, TimeProvider time) =>
        config.TokenFile is { } file ? new BearerToken(file, null, time)
        : config.Token is { } token ? new BearerToken(null, token, time)
        : null;

    public async ValueTask<string> GetAsync(CancellationToken cancel)
    {
        var reading = last;
        if (reading is not null && (file is null || time.GetUtcNow() - reading.At < Fresh))
        {
            return reading.Token;
        }

        var text = (await File.ReadAllTextAsync(file!, cancel).ConfigureAwait(false)).Trim();
        last = new Reading(text, time.GetUtcNow());
        return text;
    }

    private sealed record Reading(string Token, DateTimeOffset At);
}
