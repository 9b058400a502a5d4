package main

import (
	"encoding/json"

	"parda/media/publish"
)

// turnServers are the newest that the gateway named over the conversation, with credentials that end soon: each publication asks anew.
func (r *room) turnServers() (servers []publish.TURNServer) {
	r.mu.Lock()
	raw := r.ice
	r.mu.Unlock()
	var m struct {
		Servers []struct {
			URLs                 []string `json:"urls"`
			Username, Credential string
		} `json:"servers"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return nil // none came yet
	}
	for _, s := range m.Servers {
		servers = append(servers, publish.TURNServer{URLs: s.URLs, Username: s.Username, Password: s.Credential})
	}
	return servers
}
