using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Rest;

/// <summary>/version: the Kubernetes minor version whose API is spoken, with this program's own version as build metadata.</summary>
internal static class ServerVersion
{
    public static string GitVersion { get; } = $"v1.32.0+podwire-{typeof(ServerVersion).Assembly.GetName().Version?.ToString(3)}";

    public static byte[] Document { get; } = JsonText.Bytes(new JsonObject
    {
        ["major"] = "1",
        ["minor"] = "32",
        ["gitVersion"] = GitVersion,
        ["gitCommit"] = string.Empty,
        ["gitTreeState"] = string.Empty,
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = string.Empty,
        ["compiler"] = RuntimeInformation.FrameworkDescription,
        ["platform"] = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64",
    });
}
