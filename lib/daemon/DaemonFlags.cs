using System.Globalization;
using System.Text;

namespace Podwire.Daemon;

/// <summary>
/// The command line of a daemon, in the manner of Kubernetes' components: <c>--name value</c>, <c>--name=value</c>,
/// <c>--switch</c>, <c>--switch=false</c>, <c>-v N</c>. Unknown flags are refused by name; <c>--help</c> prints what is declared here.
/// Declare every flag, then call <see cref="TryParse"/>, then read.
/// </summary>
public sealed class DaemonFlags(string program, string summary)
{
    private readonly List<Flag> flags = [];
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Value)> given = [];

    /// <summary>Text for the end of --help: files, signals, exit codes.</summary>
    public string? Footer { get; init; }

    /// <summary>The verbosity of <c>-v</c>, 0 unless given.</summary>
    public int Verbosity => values.TryGetValue("v", out var text) ? int.Parse(text) : 0;

    /// <summary>Declares a flag with a value; <paramref name="value"/> names the value in --help.</summary>
    public DaemonFlags Value(string name, string value, string help, string? byDefault = null)
    {
        flags.Add(new(name, value, help, byDefault));
        return this;
    }

    /// <summary>Declares a switch.</summary>
    public DaemonFlags Switch(string name, string help, bool byDefault = false)
    {
        flags.Add(new(name, null, help, byDefault ? "true" : "false"));
        return this;
    }

    /// <summary>The value of a declared flag, or its default, or null.</summary>
    public string? Get(string name) => values.TryGetValue(name, out var text) ? text : Find(name)!.Default;

    /// <summary>Every value of a flag that may stand several times on the command line, in order.</summary>
    public IEnumerable<string> GetAll(string name) => given.Where(flag => flag.Name == name).Select(static flag => flag.Value);

    /// <summary>True if the flag stood on the command line.</summary>
    public bool IsGiven(string name) => values.ContainsKey(name);

    /// <summary>True if there is such a flag.</summary>
    public bool IsDeclared(string name) => Find(name) is not null;

    /// <summary>What --help says of a declared flag.</summary>
    public string HelpOf(string name) => Find(name)!.Help;

    /// <summary>The value of a switch.</summary>
    public bool IsSet(string name) => Get(name) == "true";

    /// <summary>The value of a flag that is a whole number.</summary>
    /// <exception cref="FlagException">It is not, or lies outside the bounds.</exception>
    public int GetInt(string name, int least = int.MinValue, int most = int.MaxValue) =>
        int.TryParse(Get(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FlagException($"--{name} takes a whole number{(least > int.MinValue ? $" from {least} to {most}" : string.Empty)}, not '{Get(name)}'");

    /// <summary>The value of a flag that is a Go duration such as 1m30s or 500ms.</summary>
    /// <exception cref="FlagException">It is not.</exception>
    public TimeSpan GetDuration(string name) => GoDuration.TryParse(Get(name), out var duration)
        ? duration
        : throw new FlagException($"--{name} takes a duration such as 30s or 1m, not '{Get(name)}'");

    /// <summary>
    /// Parses; on false the program ends with <paramref name="exitCode"/>: 0 after --help or --version (printed on
    /// <paramref name="output"/>), 2 after one line on <paramref name="error"/> that names the flag.
    /// </summary>
    public bool TryParse(string[] args, TextWriter output, TextWriter error, out int exitCode)
    {
        exitCode = 0;
        for (var i = 0; i < args.Length; i++)
        {
            var word = args[i];
            if (word is "--help" or "-h")
            {
                output.Write(Help());
                return false;
            }

            if (word == "--version")
            {
                output.WriteLine($"{program} {typeof(DaemonFlags).Assembly.GetName().Version?.ToString(3)}");
                return false;
            }

            if (!Take(args, ref i, out var problem))
            {
                error.WriteLine($"{program}: {problem}; see {program} --help");
                exitCode = 2;
                return false;
            }
        }

        return true;
    }

    /// <summary>The text of --help.</summary>
    public string Help()
    {
        var text = new StringBuilder();
        text.Append("NAME\n  ").Append(program).Append(" - ").Append(summary).Append("\n\nSYNOPSIS\n  ").Append(program).Append(" [FLAG]...\n\nFLAGS\n");
        foreach (var flag in flags)
        {
            text.Append("  --").Append(flag.Name);
            text.Append(flag.ValueName is null ? string.Empty : " " + flag.ValueName).Append('\n');
            text.Append("        ").Append(flag.Help);
            text.Append(flag.Default is null or "" or "false" ? string.Empty : $" (default {flag.Default})").Append('\n');
        }

        text.Append("  -v N\n        how much is logged: 0 events, 4 decisions, 6 everything (default 0)\n  --help, --version\n");
        text.Append(Footer is null ? string.Empty : $"\n{Footer.TrimEnd()}\n");
        return text.ToString();
    }

    private Flag? Find(string name) => flags.Find(flag => flag.Name == name);

    private bool Take(string[] args, ref int i, out string problem)
    {
        problem = string.Empty;
        var word = args[i];
        if (!word.StartsWith('-'))
        {
            problem = $"unexpected argument '{word}'";
            return false;
        }

        var name = word.TrimStart('-');
        string? value = null;
        var equals = name.IndexOf('=');
        if (equals >= 0)
        {
            (name, value) = (name[..equals], name[(equals + 1)..]);
        }
        else if (name.Length > 1 && name[0] == 'v' && name.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            (name, value) = ("v", name[1..]);
        }

        var flag = name == "v" ? new Flag("v", "N", string.Empty, "0") : Find(name);
        if (flag is null)
        {
            problem = $"unknown flag --{name}";
            return false;
        }

        if (flag.ValueName is null)
        {
            value ??= "true";
            if (value is not ("true" or "false"))
            {
                problem = $"--{name} takes true or false, not '{value}'";
                return false;
            }
        }
        else if (value is null)
        {
            if (++i >= args.Length)
            {
                problem = $"--{name} needs a value: {flag.ValueName}";
                return false;
            }

            value = args[i];
        }

        if (name == "v" && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            problem = $"-v takes a number, not '{value}'";
            return false;
        }

        values[name] = value;
        given.Add((name, value));
        return true;
    }

    private sealed record Flag(string Name, string? ValueName, string Help, string? Default);
}
