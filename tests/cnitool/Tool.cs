namespace Podwire.CniTool.Tests;

/// <summary>The tool with a folder of configurations, plugins and results of its own.</summary>
internal sealed class Tool : IDisposable
{
    private readonly Dictionary<string, string> environment = new(StringComparer.Ordinal);

    public Tool()
    {
        Folder = Directory.CreateTempSubdirectory("podwire-cnitool-").FullName;
        environment["NETCONFPATH"] = Directory.CreateDirectory(Path.Join(Folder, "net.d")).FullName;
        environment["CNI_PATH"] = Directory.CreateDirectory(Path.Join(Folder, "bin")).FullName;
    }

    public string Folder { get; }

    /// <summary>What the scripts noted: «TYPE COMMAND CONTAINER IFNAME ARGS» a line.</summary>
    public string[] Log => File.Exists(Path.Join(Folder, "log")) ? File.ReadAllLines(Path.Join(Folder, "log")) : [];

    public void Set(string name, string value) => environment[name] = value;

    public void Config(string file, string json) => File.WriteAllText(Path.Join(environment["NETCONFPATH"], file), json);

    /// <summary>A plugin that notes its call and stdin and, for verbs that want one, answers.</summary>
    public void Plugin(string type, string answer = """{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.8/24"}]}""")
    {
        var path = Path.Join(environment["CNI_PATH"], type);
        File.WriteAllText(path, $$"""
            #!/bin/sh
            cat > {{Folder}}/{{type}}.$CNI_COMMAND
            echo "{{type}} $CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $CNI_ARGS" >> {{Folder}}/log
            case $CNI_COMMAND in
              ADD) echo '{{answer}}' ;;
              VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["0.4.0","1.0.0","1.1.0"]}' ;;
            esac
            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Stdin(string type, string command) => File.ReadAllText(Path.Join(Folder, $"{type}.{command}"));

    public async Task<(int Exit, string Output, string Error)> Run(params string[] args)
    {
        await using StringWriter output = new(), error = new();
        var exit = await CniToolProgram.RunAsync([.. args, "--cache", Path.Join(Folder, "cache")], n => environment.GetValueOrDefault(n), output, error, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
