using System.Text.Json;

namespace Podwire.CniBridge.Tests;

/// <summary>How a plugin's process ended.</summary>
internal sealed record Answer(int Exit, string Stdout, string Stderr)
{
    public JsonElement Json => JsonDocument.Parse(Stdout).RootElement;

    /// <summary>The first address of the result, without its length.</summary>
    public string Ip => Json.GetProperty("ips")[0].GetProperty("address").GetString()!.Split('/')[0];

    public Answer Succeeds()
    {
        Assert.True(Exit == 0, $"exit code {Exit}: {Stdout} {Stderr}");
        return this;
    }

    public Answer Fails(int code)
    {
        Assert.NotEqual(0, Exit);
        Assert.True(code == Json.GetProperty("code").GetInt32(), Stdout);
        Assert.NotEmpty(Json.GetProperty("msg").GetString()!);
        Assert.NotEmpty(Json.GetProperty("cniVersion").GetString()!);
        return this;
    }
}
