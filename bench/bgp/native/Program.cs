return await Podwire.BgpDaemon.BgpProgram.RunAsync(args);
