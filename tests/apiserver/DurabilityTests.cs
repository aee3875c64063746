using System.Diagnostics;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Tests;

/// <summary>A server in a process of its own, ended by SIGKILL in the middle of writes.</summary>
public sealed class DurabilityTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("podwire-kill-").FullName;
    private Process? process;

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }

        process?.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Kill_AmidWrites_LosesNoAcknowledgedWrite()
    {
        var acknowledged = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        var highest = 0L;
        for (var round = 0; round < 3; round++)
        {
            using var client = await StartAsync();
            foreach (var (name, value) in acknowledged)
            {
                var item = JsonNode.Parse(await client.GetStringAsync($"/api/v1/namespaces/default/configmaps/{name}", TestContext.Current.CancellationToken))!;
                Assert.Equal(value, item["data"]!["v"]!.GetValue<string>());
            }

            var list = JsonNode.Parse(await client.GetStringAsync("/api/v1/namespaces/default/configmaps", TestContext.Current.CancellationToken))!;
            var revision = long.Parse(list["metadata"]!["resourceVersion"]!.GetValue<string>());
            Assert.True(revision >= highest);
            var writers = Enumerable.Range(0, 4).Select(writer => WriteUntilDeadAsync(client, round, writer, acknowledged)).ToArray();
            while (acknowledged.Count < (round + 1) * 60 && !writers.All(writer => writer.IsCompleted))
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            process!.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            highest = Math.Max(highest, (await Task.WhenAll(writers)).Max());
        }

        Assert.True(acknowledged.Count >= 100);
    }

    private static async Task<long> WriteUntilDeadAsync(HttpClient client, int round, int writer, System.Collections.Concurrent.ConcurrentDictionary<string, string> acknowledged)
    {
        var last = 0L;
        for (var i = 0; ; i++)
        {
            var name = $"w{round}-{writer}-{i}";
            using var content = new StringContent($$$"""{"metadata":{"name":"{{{name}}}"},"data":{"v":"{{{i}}}"}}""", Encoding.UTF8, "application/json");
            try
            {
                using var answer = await client.PostAsync("/api/v1/namespaces/default/configmaps", content);
                answer.EnsureSuccessStatusCode();
                var made = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
                last = long.Parse(made["metadata"]!["resourceVersion"]!.GetValue<string>());
                acknowledged[name] = i.ToString();
            }
            catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException)
            {
                return last;
            }
        }
    }

    private async Task<HttpClient> StartAsync()
    {
        process?.Dispose();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true };
        foreach (var word in new[] { typeof(DurabilityTests).Assembly.Location, "serve", "--secure-port", "0", "--data-dir", root })
        {
            start.ArgumentList.Add(word);
        }

        process = Process.Start(start)!;
        string? server = null;
        while (server is null && await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            var at = line.IndexOf("https://", StringComparison.Ordinal);
            server = at < 0 ? null : line[at..line.IndexOf(',', at)];
        }

        Assert.NotNull(server);
        _ = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var pki = ClusterPki.OpenOrCreate(Path.Combine(root, "pki"));
        var certificate = pki.CreateClientCertificate(ClientIdentity.Admin);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors;
        handler.SslOptions.ClientCertificates = [certificate];
        return new HttpClient(handler) { BaseAddress = new Uri(server) };
    }
}
