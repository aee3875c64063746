using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tests;

/// <summary>A watch that is being read.</summary>
internal sealed class WatchStream(HttpResponseMessage answer, StreamReader reader) : IDisposable
{
    public static async Task<WatchStream> OpenAsync(HttpClient client, string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return new WatchStream(answer, new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
    }

    /// <summary>The next event, or null at the end of the watch.</summary>
    public async Task<JsonObject?> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var line = await reader.ReadLineAsync(limit.Token);
        return line is null ? null : JsonNode.Parse(line)!.AsObject();
    }

    /// <summary>The next event as "TYPE name".</summary>
    public async Task<string> NextTextAsync() => await NextAsync() is { } next ? $"{next["type"]} {next["object"]!["metadata"]!["name"]}" : "END";

    public void Dispose()
    {
        reader.Dispose();
        answer.Dispose();
    }
}
