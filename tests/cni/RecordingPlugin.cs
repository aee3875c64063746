namespace Podwire.Cni.Tests;

/// <summary>A plugin that notes its calls and answers what it is told to.</summary>
internal sealed class RecordingPlugin : IPlugin
{
    public List<PluginCall> Calls { get; } = [];

    public CniResult Result { get; set; } = CniResult.Empty;

    public Exception? Failure { get; set; }

    public CniResult Add(PluginCall call)
    {
        Note(call);
        return Result;
    }

    public void Del(PluginCall call) => Note(call);

    public void Check(PluginCall call) => Note(call);

    public void Gc(PluginCall call) => Note(call);

    public void Status(PluginCall call) => Note(call);

    private void Note(PluginCall call)
    {
        Calls.Add(call);
        if (Failure is not null)
        {
            throw Failure;
        }
    }
}
