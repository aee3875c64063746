using System.Buffers;
using System.Text.Json;
using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>
/// From environment and stdin to the text on stdout and the exit code, without touching the process: everything is checked before the
/// plugin is called, and the answer is complete before a byte of it leaves.
/// </summary>
internal static class PluginDispatcher
{
    private const int MaxText = 2000;

    /// <summary>Answers one call. Exit code 0 with a result (or nothing), 1 with the error object.</summary>
    internal static int Answer(IPlugin plugin, PluginEnvironment environment, Func<byte[]> readStdin, IPluginDelegates delegates, IBufferWriter<byte> stdout)
    {
        var version = CniVersion.Latest;
        try
        {
            if (!CniCommands.TryParse(environment.Command, out var command))
            {
                throw new CniException(CniErrorCode.InvalidEnvironment, environment.Command.Length == 0 ? "CNI_COMMAND is not set" : "CNI_COMMAND is none of ADD, DEL, CHECK, GC, STATUS, VERSION", environment.Command);
            }

            CheckPresent(command, environment);
            if (command == CniCommand.Version)
            {
                WriteVersions(stdout);
                return 0;
            }

            var config = NetworkConfig.Parse(readStdin());
            version = config.Version;
            var call = Check(command, environment, config, delegates);
            if (command == CniCommand.Add)
            {
                var result = CniResultWriter.ToJson(plugin.Add(call), version);
                stdout.Write(result);
                EndLine(stdout);
            }
            else
            {
                Invoke(plugin, call);
            }

            return 0;
        }
        catch (CniException e)
        {
            WriteError(stdout, version, e);
            return 1;
        }
        // The boundary of the plugin: whatever went wrong must become the specification's error object.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            WriteError(stdout, version, new CniException(CniErrorCode.Internal, e.Message, e.GetType().Name));
            return 1;
        }
    }

    /// <summary>Calls a verb that has no result.</summary>
    internal static void Invoke(IPlugin plugin, PluginCall call)
    {
        switch (call.Command)
        {
            case CniCommand.Del:
                plugin.Del(call);
                break;
            case CniCommand.Check:
                plugin.Check(call);
                break;
            case CniCommand.Gc:
                plugin.Gc(call);
                break;
            case CniCommand.Status:
                plugin.Status(call);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(call), call.Command, "has a result, or needs no plugin");
        }
    }

    /// <summary>Writes the specification's error object and a line end.</summary>
    internal static void WriteError(IBufferWriter<byte> stdout, CniVersion version, CniException error)
    {
        using var json = new Utf8JsonWriter(stdout, CniJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("cniVersion"u8, version.ToString());
        json.WriteNumber("code"u8, (int)error.Code);
        json.WriteString("msg"u8, Cut(error.Message));
        if (error.Details.Length > 0)
        {
            json.WriteString("details"u8, Cut(error.Details));
        }

        json.WriteEndObject();
        json.Flush();
        EndLine(stdout);
    }

    /// <summary>Input that is quoted in an error may be megabytes long; whoever reads the log needs its beginning.</summary>
    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText] + "...";

    private static void WriteVersions(IBufferWriter<byte> stdout)
    {
        using var json = new Utf8JsonWriter(stdout, CniJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("cniVersion"u8, CniVersion.Latest.ToString());
        json.WriteStartArray("supportedVersions"u8);
        foreach (var version in CniVersion.Supported)
        {
            json.WriteStringValue(version.ToString());
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        EndLine(stdout);
    }

    private static void EndLine(IBufferWriter<byte> stdout) => stdout.Write("\n"u8);

    private static void CheckPresent(CniCommand command, PluginEnvironment environment)
    {
        var attachment = command is CniCommand.Add or CniCommand.Del or CniCommand.Check;
        List<string> missing = [];
        Require(attachment, environment.ContainerId, "CNI_CONTAINERID");
        Require(command is CniCommand.Add or CniCommand.Check, environment.NetNs, "CNI_NETNS");
        Require(attachment, environment.IfName, "CNI_IFNAME");
        Require(command != CniCommand.Version, environment.Path, "CNI_PATH");
        if (missing.Count > 0)
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, $"required environment variables are missing: {string.Join(", ", missing)}");
        }

        void Require(bool needed, string value, string name)
        {
            if (needed && value.Length == 0)
            {
                missing.Add(name);
            }
        }
    }

    private static PluginCall Check(CniCommand command, PluginEnvironment environment, NetworkConfig config, IPluginDelegates delegates)
    {
        if ((command == CniCommand.Check && !config.Version.HasCheck) || (command is CniCommand.Gc or CniCommand.Status && !config.Version.HasGcAndStatus))
        {
            throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion {config.Version} does not have {command.ToWire()}");
        }

        var path = PluginPath.Split(environment.Path);
        if (command is CniCommand.Gc or CniCommand.Status)
        {
            return new PluginCall { Command = command, Config = config, Path = path, Delegates = delegates };
        }

        CniNames.CheckContainerId(environment.ContainerId);
        CniNames.CheckIfName(environment.IfName);
        return new PluginCall
        {
            Command = command,
            Config = config,
            ContainerId = environment.ContainerId,
            NetNs = CheckNetNs(command, environment.NetNs),
            IfName = environment.IfName,
            Args = CniArgs.Parse(environment.Args),
            Path = path,
            Delegates = delegates,
        };
    }

    private static string? CheckNetNs(CniCommand command, string path)
    {
        var state = NetNsPath.Look(path);
        if (command == CniCommand.Del)
        {
            return state == NetNsState.Usable ? path : null;
        }

        return state switch
        {
            NetNsState.Usable => path,
            NetNsState.Missing => throw new CniException(CniErrorCode.InvalidNetNs, "CNI_NETNS does not exist", path),
            NetNsState.NotANamespace => throw new CniException(CniErrorCode.InvalidNetNs, "CNI_NETNS is not a network namespace", path),
            _ => throw new CniException(CniErrorCode.InvalidNetNs, "CNI_NETNS is the namespace that the plugin itself runs in", path),
        };
    }
}
