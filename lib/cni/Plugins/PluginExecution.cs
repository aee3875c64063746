using System.Text;
using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>Executes a plugin's file as the specification says, and reads its answer.</summary>
internal static class PluginExecution
{
    private static readonly byte[] Space = " \t\r\n"u8.ToArray();

    /// <summary>Runs the file and returns its stdout, which is empty for verbs without a result.</summary>
    /// <exception cref="CniException">The plugin's own error; 104 if it broke the protocol; see <see cref="ChildProcess.Run"/>.</exception>
    internal static byte[] Run(string path, CniCommand command, PluginEnvironment environment, ReadOnlyMemory<byte> config, TimeSpan timeout, bool captureError = false, CancellationToken cancellation = default)
    {
        var output = ChildProcess.Run(path, Variables(command, environment), config, captureError, timeout, cancellation);
        if (output.ExitCode != 0)
        {
            throw ErrorOf(path, command, output);
        }

        if (command == CniCommand.Add && output.Output.AsSpan().Trim(Space).IsEmpty)
        {
            throw new CniException(CniErrorCode.DelegateFailed, $"{path} answered ADD with nothing");
        }

        return output.Output;
    }

    private static List<string> Variables(CniCommand command, PluginEnvironment environment)
    {
        var list = new List<string>();
        foreach (System.Collections.DictionaryEntry pair in Environment.GetEnvironmentVariables())
        {
            var key = (string)pair.Key;
            if (!key.StartsWith("CNI_", StringComparison.Ordinal) || key.StartsWith("CNI_NETNS_OVERRIDE", StringComparison.Ordinal))
            {
                list.Add($"{key}={pair.Value}");
            }
        }

        list.Add($"CNI_COMMAND={command.ToWire()}");
        list.Add($"CNI_CONTAINERID={environment.ContainerId}");
        list.Add($"CNI_NETNS={environment.NetNs}");
        list.Add($"CNI_IFNAME={environment.IfName}");
        list.Add($"CNI_ARGS={environment.Args}");
        list.Add($"CNI_PATH={environment.Path}");
        return list;
    }

    private static CniException ErrorOf(string path, CniCommand command, ChildOutput output)
    {
        var stderr = Encoding.UTF8.GetString(output.Error).Trim();
        if (TryReadError(output.Output, out var error))
        {
            return stderr.Length == 0 ? error : new CniException(error.Code, error.Message, error.Details.Length == 0 ? stderr : $"{error.Details}; stderr: {stderr}");
        }

        var said = Encoding.UTF8.GetString(output.Output).Trim();
        return new CniException(CniErrorCode.DelegateFailed, $"{path} failed {command.ToWire()} with exit code {output.ExitCode} and no error object", $"stdout: {said}; stderr: {stderr}");
    }

    private static bool TryReadError(byte[] stdout, out CniException error)
    {
        try
        {
            string message = string.Empty, details = string.Empty;
            var code = 0;
            var reader = new JsonObjectReader(stdout, "the error");
            while (reader.Next())
            {
                if (reader.Is("code"u8))
                {
                    code = reader.Int32();
                }
                else if (reader.Is("msg"u8))
                {
                    message = reader.String() ?? string.Empty;
                }
                else if (reader.Is("details"u8))
                {
                    details = reader.String() ?? string.Empty;
                }
            }

            error = new CniException((CniErrorCode)code, message, details);
            return code != 0 || message.Length > 0;
        }
        catch (CniException e)
        {
            error = e;
            return false;
        }
    }
}
