namespace Podwire.EndToEnd.Tests;

/// <summary>The units in deploy/systemd start what is built, with flags that it knows.</summary>
public class SystemdUnitTests
{
    public static TheoryData<string> Units => [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy/systemd"), "*.service").Select(file => Path.GetFileName(file)).Order()];

    [Theory]
    [MemberData(nameof(Units))]
    public void Unit_StartsOurProgramWithFlagsThatItKnows(string unit)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "deploy/systemd", unit));
        var command = Assert.Single(lines, line => line.StartsWith("ExecStart=", StringComparison.Ordinal))["ExecStart=".Length..].Split(' ');
        var program = Path.GetFileName(command[0]);
        Assert.Equal(Path.GetFileNameWithoutExtension(unit), program);
        Assert.Contains("Type=notify", lines);
        var help = Command.Run(Path.Combine(Repository.Root, "out/bin", program), ["--help"]).Ok();
        foreach (var flag in command[1..].Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word.Split('=')[0]))
        {
            Assert.Contains(flag, help);
        }
    }
}
